// §14.4: what authorities and a realm say to each other, and what it makes of a head.
import { compare, empty, hex, same } from './bytes.mjs';
import { check, checkKey, sign, verifies, underLabel } from './ed25519.mjs';
import { checkHeadSignature, contradict, liesBetween, readHead } from './head.mjs';
import { checkKemKey, hpkeOpen, hpkeSeal } from './hpke-xwing.mjs';
import { linkLabel, possessionLabel, readSignedLink } from './link.mjs';
import { element, scalar, shareKey } from './oprf.mjs';
import { sha256 } from './primitives.mjs';
import { demand, orRefuse } from './refusal.mjs';
import { believed, readClaims } from './restored.mjs';
import { chainOf, headOf } from './sigchain.mjs';
import { decode, encode } from './structure.mjs';

const label = (name) => `keyrecovery/v1/realm-${name}`;
const most = { links: 4096, bundle: 4259840, answer: 8192, state: 4, action: 5, event: 7, events: 64, active: 32 };
const knownSeconds = 72 * 60 * 60;
const toldSeconds = 30 * 24 * 60 * 60;

function writeBundle(name, body, seed, { head, links }) {
  const signature = sign(seed, label(name), body);
  return encode('signedBundle', { list1: { body, signature }, signedHead: head, signedLink: links });
}

function readBundle(bytes) {
  demand(bytes.length <= most.bundle, 'malformed');
  const { list1: { body, signature }, signedHead, signedLink: links } = decode('signedBundle', bytes);
  demand(links.length <= most.links, 'malformed');
  return { body, signature, head: readHead(signedHead), links };
}

const checkSigned = (name, { body, signature }, key) => check(key, label(name), body, signature, 'signature');

export function writeRegister(realm, { share, ...fields }, chain, seed, randomness) {
  checkKemKey(realm.kemKey);
  const { slot } = fields;
  const { account, chainHash } = readHead(chain.head);
  const inner = encode('realmRegistration', { slot, ...share });
  const info = encode('realmRegisterInfo', { realm: realm.fingerprint, slot, account });
  const sealed = hpkeSeal(realm.kemKey, info, empty, inner, randomness);
  const body = encode('realmRegister', { realm: realm.fingerprint, ...fields, account, chainHash, sealed });
  return writeBundle('register', body, seed, chain);
}

export function readRegister(bytes, realm, signerKey) {
  const bundle = readBundle(bytes);
  const { sealed, slot, account, chainHash, signer } = decode('realmRegister', bundle.body);
  demand(same(bundle.head.account, account) && same(bundle.head.chainHash, chainHash), 'malformed');
  checkSigned('register', bundle, signerKey);
  const info = encode('realmRegisterInfo', { realm: realm.fingerprint, slot, account });
  const share = decode('realmRegistration', orRefuse('malformed', () => hpkeOpen(realm.kemSeed, info, empty, sealed)));
  demand(same(share.slot, slot), 'malformed');
  checkKey(share.signingKey);
  demand(same(shareKey(scalar(share.share)).toBytes(), share.shareKey), 'malformed');
  return { slot, account, signer, share };
}

export function writeCommand(fields, chain, seed) {
  const { account } = readHead(chain.head);
  return writeBundle('command', encode('realmCommand', { ...fields, account }), seed, chain);
}

export function readCommand(bytes, signerKey) {
  const bundle = readBundle(bytes);
  const command = decode('realmCommand', bundle.body);
  demand(command.action >= 1 && command.action <= most.action, 'malformed');
  demand(same(bundle.head.account, command.account), 'malformed');
  checkSigned('command', bundle, signerKey);
  return command;
}

export function writeFork(realm, head, signer, seed) {
  const body = encode('realmFork', { realm, signer, headHash: sha256(readHead(head).body) });
  return encode('signedFork', { body, signature: sign(seed, label('fork'), body) });
}

export function readFork(bytes) {
  demand(bytes.length <= 256, 'malformed');
  const { body, signature } = decode('signedFork', bytes);
  return { ...decode('realmFork', body), body, signature };
}

export const checkFork = (fork, key) => checkSigned('fork', fork, key);

export const writeFollow = ({ head, links, claims, fork }) =>
  encode('realmFollow', { signedHead: head, signedLink: links, signedRestored: claims, fork });

export function readFollow(bytes) {
  demand(bytes.length <= most.bundle, 'malformed');
  const { signedHead, signedLink: links, signedRestored: claims, fork } = decode('realmFollow', bytes);
  demand(links.length <= most.links && claims.length <= 16, 'malformed');
  return { head: readHead(signedHead), links, claims, fork: fork.length === 0 ? null : readFork(fork) };
}

const headsOut = ({ head, claims, contradicting, replaced }) =>
  ({ signedHead: head, signedRestored: claims, contradicting, replaced });

function checkHeads({ signedHead, signedRestored, contradicting, replaced }) {
  readClaims(signedRestored);
  for (const other of [contradicting, replaced]) if (other.length > 0) readHead(other);
  return readHead(signedHead);
}

export function writeStatus({ events, evaluated = empty, proof = empty, ...fields }, heads, seed) {
  const status = encode('realmStatus', {
    ...fields, ...headsOut(heads), evaluated, proof, list1: events,
  });
  return encode('answer', { status, signature: sign(seed, label('status'), status) });
}

export function readStatus(bytes, realm, slot, request) {
  demand(bytes.length <= most.answer, 'malformed');
  const { status, signature } = decode('answer', bytes);
  check(realm.signingKey, label('status'), status, signature, 'signature');
  const { list1: events, ...fields } = decode('realmStatus', status);
  demand(fields.state >= 1 && fields.state <= most.state && events.length <= most.events, 'malformed');
  checkKey(fields.signingKey);
  checkHeads(fields);
  demand(events.every(({ event }) => event >= 1 && event <= most.event), 'upgrade-required');
  element(fields.shareKey);
  const isMeant = same(fields.realm, realm.fingerprint) && same(fields.slot, slot);
  demand(isMeant && same(fields.request, sha256(request)), 'other-request');
  return { ...fields, events };
}

export function writeHeadAnswer(fields, heads, seed) {
  const answer = encode('realmHead', { ...fields, ...headsOut(heads) });
  return encode('headAnswer', { answer, signature: sign(seed, label('head'), answer) });
}

export function readHeadAnswer(bytes, realm, account, request) {
  demand(bytes.length <= most.answer, 'malformed');
  const { answer, signature } = decode('headAnswer', bytes);
  check(realm.signingKey, label('head'), answer, signature, 'signature');
  const fields = decode('realmHead', answer);
  const isMeant = same(fields.realm, realm.fingerprint) && same(checkHeads(fields).account, account);
  demand(isMeant && same(fields.request, sha256(request)), 'other-request');
}

/** What a realm keeps of an account that it did not know. */
export function begin({ appId, homeKeys, first, firstLinks, since }) {
  const head = readHead(first);
  checkHeadSignature(head, homeKeys);
  const chain = wholeChain(appId, head, firstLinks.map(readSignedLink));
  return { head, claims: [], contradicting: empty, since: 0, replaced: empty, active: knownOf(chain, since) };
}

/** What it makes of a head: a verdict, and what it keeps then. */
export function follow(view, { appId, homeKeys, realm, at, ...told }) {
  const head = readHead(told.head);
  checkHeadSignature(head, homeKeys);
  demand(same(head.account, view.head.account), 'other-account');
  const claims = believed(view.claims, readClaims(told.claims), head.account, homeKeys);
  const convicted = contradict(view.head, head, claims);
  if (!convicted && !isAbove(head, view.head)) return { verdict: 'old', view };
  const links = told.links.map(readSignedLink);
  const behind = convicted ? null : linksBehind(view.head, head, links);
  if (behind) {
    return { verdict: 'newer', view: { ...view, head, claims, active: behind.reduce(move(at), view.active) } };
  }
  const fork = told.fork.length === 0 ? null : readFork(told.fork);
  const taken = isAbove(head, view.head) ? takeFork(view, head, links, claims, fork, { appId, realm, at }) : null;
  return taken ?? { verdict: 'fork', view: keep(view, head, at) };
}

const isToldForLong = ({ contradicting, since }, at) => contradicting.length > 0 && at >= since + toldSeconds;

/** One head as evidence, until it was told for long; then a newer one. */
function keep(view, head, at) {
  const isFree = view.contradicting.length === 0
    || (isToldForLong(view, at) && readHead(view.contradicting).time < head.time);
  return isFree ? { ...view, contradicting: head.bytes, since: at } : view;
}

const isAbove = (head, than) => head.manifestVersion !== than.manifestVersion
  ? head.manifestVersion > than.manifestVersion : head.chainSeq > than.chainSeq;

/** The links behind the realm's one; null where the head leads past it. */
function linksBehind(known, head, links) {
  let [seq, hash] = [head.chainSeq, head.chainHash];
  const isKnown = () => seq === known.chainSeq && same(hash, known.chainHash);
  for (let at = links.length - 1; at >= 0; at--) {
    demand(links[at].seq === seq, 'dropped-link');
    demand(same(links[at].hash, hash), 'broken-chain');
    if (isKnown()) return links.slice(at + 1);
    if (seq === known.chainSeq || seq === 0) return null;
    [seq, hash] = [seq - 1, links[at].prev];
  }
  if (isKnown()) return links;
  demand(seq <= known.chainSeq, 'dropped-link');
  return null;
}

const move = (at) => (active, link) => {
  const signer = active.get(hex(link.signer));
  demand(signer, 'unknown-signer');
  demand(link.remove.every((id) => active.has(hex(id))), 'unknown-removal');
  demand(!link.remove.some((id) => same(id, link.signer)), 'removes-signer');
  demand(active.size - link.remove.length + link.add.length <= most.active, 'too-many-authorities');
  demand(!link.add.some(({ id }) => active.has(hex(id))), 'reused');
  check(signer.signingKey, linkLabel, link.body, link.signature, 'link-signature');
  link.add.forEach(({ signingKey }, i) =>
    check(signingKey, possessionLabel, link.body, link.possession[i], 'possession'));
  const gone = new Set(link.remove.map(hex));
  return new Map([
    ...[...active].filter(([id]) => !gone.has(id)),
    ...link.add.map(({ id, signingKey }) => [hex(id), { id, signingKey, knownSince: at }]),
  ]);
};

function takeFork(view, head, links, claims, fork, { appId, realm, at }) {
  const voucher = voucherOf(view, head, fork, { realm, at });
  if (!voucher && !isToldForLong(view, at)) return null;
  const chain = wholeChain(appId, head, links);
  const there = voucher && chain.active.get(hex(voucher.id));
  const isVouched = Boolean(there) && same(there.signingKey, voucher.signingKey);
  if (view.head.time >= head.time || !claims.some((claim) => liesBetween(claim, view.head, head))) return null;
  if (!isVouched && !(isToldForLong(view, at) && hasLink(chain, readHead(view.contradicting)))) return null;
  const active = new Map([...knownOf(chain, at)].map(([id, one]) => {
    const here = view.active.get(id);
    return [id, here && same(here.signingKey, one.signingKey) ? here : one];
  }));
  const next = { head, claims, contradicting: empty, since: 0, replaced: view.head.bytes, active };
  return { verdict: isVouched ? 'restored' : 'left', view: next };
}

const hasLink = ({ links }, { chainSeq, chainHash }) =>
  links[chainSeq] !== undefined && same(links[chainSeq].hash, chainHash);

function voucherOf(view, head, fork, { realm, at }) {
  if (!fork || !same(fork.realm, realm) || !same(fork.headHash, sha256(head.body))) return null;
  const signer = view.active.get(hex(fork.signer));
  if (!signer || at < signer.knownSince + knownSeconds) return null;
  return verifies(signer.signingKey, underLabel(label('fork'), fork.body), fork.signature) ? signer : null;
}

function wholeChain(appId, head, links) {
  const chain = chainOf(appId, links);
  demand(chain.links.length > 0, 'dropped-link');
  demand(same(chain.account, head.account), 'other-account');
  const { seq, hash } = headOf(chain);
  demand(seq === head.chainSeq && same(hash, head.chainHash), 'head-mismatch');
  return chain;
}

const knownOf = (chain, since) => new Map([...chain.active].map(([id, { signingKey, id: bytes }]) =>
  [id, { id: bytes, signingKey, knownSince: since }]));

export const activeOf = ({ active }) =>
  [...active.values()].sort((a, b) => compare(a.id, b.id)).map(({ id, knownSince }) => ({ id, knownSince }));
