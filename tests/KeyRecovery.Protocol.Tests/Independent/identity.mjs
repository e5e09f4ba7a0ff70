// §19: an account's own keys, and what they seal to other people.
import { sha512 } from '@noble/hashes/sha2.js';
import { ascending, bigNumber, empty, join, same, zeros } from './bytes.mjs';
import { check, checkKey, publicKey, sign } from './ed25519.mjs';
import { checkKemKey, hpkeOpen, hpkeSeal, kemKey } from './hpke-xwing.mjs';
import { hkdf, pad, sha256, unpad } from './primitives.mjs';
import { demand, orRefuse } from './refusal.mjs';
import { decode, encode } from './structure.mjs';

const most = { statement: 1536, record: 1280 * 1024, grants: 1024, content: 2 ** 20, leastSealed: 1392 };
const label = (name) => `keyrecovery/v1/${name}`;

export const writeSeeds = ({ signingSeed, kemSeed }) => encode('identitySeeds', { signingSeed, kemSeed });
export const readSeeds = (bytes) => decode('identitySeeds', bytes);

export function writeIdentity({ account, signingSeed, kemSeed, time }) {
  const body = encode('identity', { account, signingKey: publicKey(signingSeed), kemKey: kemKey(kemSeed), time });
  const signature = sign(signingSeed, label('identity'), body);
  return { body, bytes: encode('signedIdentity', { identity: body, signature }) };
}

export function readIdentity(bytes) {
  demand(bytes.length <= most.statement, 'malformed');
  const { identity: body, signature } = decode('signedIdentity', bytes);
  const identity = decode('identity', body);
  checkKey(identity.signingKey);
  checkKemKey(identity.kemKey);
  check(identity.signingKey, label('identity'), body, signature, 'signature');
  return { ...identity, body };
}

/** Whose seeds they are, as others know them. */
export const publicOf = ({ account, signingSeed, kemSeed }) =>
  ({ account, signingKey: publicKey(signingSeed), kemKey: kemKey(kemSeed) });

function digitsOf({ signingKey, account }) {
  let h = sha512(join(zeros(2), signingKey, account, signingKey));
  for (let round = 0; round < 5199; round++) h = sha512(join(h, signingKey));
  return [0, 5, 10, 15, 20, 25]
    .map((at) => String(bigNumber(h.slice(at, at + 5)) % 100000n).padStart(5, '0')).join('');
}

export const safetyNumber = (one, other) => [one, other].map(digitsOf).sort().join('');

export const sealedContext = (sender, reader, purpose) => encode('sealedContext', {
  sender: sender.account, senderKey: sender.signingKey, reader: reader.account, readerKey: reader.signingKey,
  kemKeyHash: sha256(reader.kemKey), purpose,
});

export const signedContent = (context, content) =>
  encode('sealedContent', { contextHash: sha256(context), contentHash: sha256(content) });

export function sealMessage(sender, reader, purpose, content, randomness) {
  const context = sealedContext(publicOf(sender), reader, purpose);
  const signature = sign(sender.signingSeed, label('sealed-content'), signedContent(context, content));
  const plaintext = pad(encode('sealedPlaintext', { signature, content }));
  const sealed = hpkeSeal(reader.kemKey, context, empty, plaintext, randomness);
  return encode('sealedMessage', { kemKeyHash: sha256(reader.kemKey), sealed });
}

export function openMessage(readerSeeds, sender, purpose, message) {
  const { kemKeyHash, sealed } = decode('sealedMessage', message);
  demand(sealed.length >= most.leastSealed, 'malformed');
  const reader = publicOf(readerSeeds);
  demand(same(kemKeyHash, sha256(reader.kemKey)), 'other-recipient');
  const context = sealedContext(sender, reader, purpose);
  const padded = orRefuse('seal', () => hpkeOpen(readerSeeds.kemSeed, context, empty, sealed));
  const { signature, content } = decode('sealedPlaintext', unpad(padded));
  demand(content.length <= most.content, 'malformed');
  check(sender.signingKey, label('sealed-content'), signedContent(context, content), signature, 'signature');
  return content;
}

const sealInfo = (owner, id, since, reader, kemKeyHash) =>
  encode('contentKeySeal', { owner, id, since, reader, kemKeyHash });
export const commitment = (key, owner, id, since) =>
  hkdf(key, encode('contentKeyCommit', { owner, id, since }), 32);

/** The first version of a content key. */
export function writeContentKey({ owner, readers, id, key, encapsulations }) {
  const [account, since] = [owner.account, 1];
  const everybody = [publicOf(owner), ...readers.map(publicOf)].sort((a, b) => Buffer.compare(a.account, b.account));
  const grant = everybody.map((reader, at) => {
    const kemKeyHash = sha256(reader.kemKey);
    const info = sealInfo(account, id, since, reader.account, kemKeyHash);
    return { reader: reader.account, kemKeyHash, seal: hpkeSeal(reader.kemKey, info, empty, key, encapsulations[at]) };
  });
  const body = encode('contentKey', {
    owner: account, id, version: 1, since, prev: zeros(32), commitment: commitment(key, account, id, since), grant,
  });
  const signature = sign(owner.signingSeed, label('content-key'), body);
  return { hash: sha256(body), bytes: encode('signedContentKey', { contentKey: body, signature }) };
}

export function readContentKey(bytes, owner, known) {
  demand(bytes.length <= most.record, 'malformed');
  const { contentKey: body, signature } = decode('signedContentKey', bytes);
  const record = { ...decode('contentKey', body), hash: sha256(body) };
  const { version, since, prev, grant } = record;
  demand(since >= 1 && since <= version && (version === 1) === same(prev, zeros(32)), 'malformed');
  demand(grant.length <= most.grants && ascending(grant, ({ reader }) => reader), 'malformed');
  demand(grant.every(({ seal }) => seal.length === 1168), 'malformed');
  demand(grant.some(({ reader }) => same(reader, record.owner)), 'malformed');
  demand(same(record.owner, owner.account), 'signature');
  check(owner.signingKey, label('content-key'), body, signature, 'signature');
  demand(!known || mayFollow(record, known), 'older');
  return record;
}

const mayFollow = (record, known) => same(record.id, known.id) && (same(record.hash, known.hash)
  || record.version > known.version + 1 || (record.version === known.version + 1 && same(record.prev, known.hash)));

export function openContentKey({ owner, id, since, grant, commitment: committed }, readerSeeds) {
  const reader = publicOf(readerSeeds);
  const kemKeyHash = sha256(reader.kemKey);
  const mine = grant.find((one) => same(one.reader, reader.account) && same(one.kemKeyHash, kemKeyHash));
  demand(mine, 'other-recipient');
  const info = sealInfo(owner, id, since, reader.account, kemKeyHash);
  const key = orRefuse('seal', () => hpkeOpen(readerSeeds.kemSeed, info, empty, mine.seal));
  demand(same(commitment(key, owner, id, since), committed), 'seal');
  return key;
}
