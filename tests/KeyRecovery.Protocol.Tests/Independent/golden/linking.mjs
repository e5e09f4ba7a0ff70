// §13: a whole link session, from the code to the bundle.
import { empty, hex, same } from '../bytes.mjs';
import { publicKey, sign } from '../ed25519.mjs';
import { keysAlongPath } from '../epoch.mjs';
import { writeHead } from '../head.mjs';
import { kemKey } from '../hpke-xwing.mjs';
import { openOwnSeal, writeKeyset } from '../keyset.mjs';
import { device, possessionLabel, readSignedLink, signLink } from '../link.mjs';
import { payloadOf, readPayload, secretsOf } from '../link-code.mjs';
import {
  bundleOf, checkDraft, commitmentOf, digitsOf, openBundle, partsOf, prologueOf, readMessage, sealBundle,
} from '../linking.mjs';
import { leafLabel, nextTrail, readManifest, writeManifest } from '../manifest.mjs';
import { openPrivate, sealPrivate } from '../manifest-private.mjs';
import { Handshake } from '../noise.mjs';
import { sha256 } from '../primitives.mjs';
import { demand, orRefuse, Refusal, refuse } from '../refusal.mjs';
import { extend, headOf } from '../sigchain.mjs';
import { encode } from '../structure.mjs';
import { readVault, verifyVault, writeVault } from '../vault.mjs';
import { demandTold } from './told.mjs';

const maxFormat = 1;

const authorityOf = ({ id, signingSeed, kemSeed }) => {
  const key = kemKey(kemSeed);
  return {
    id, kind: device, signingKey: publicKey(signingSeed), kemKey: key, kemKeyHash: sha256(key), maxFormat,
    parameters: empty,
  };
};

/** Both sides after the handshake, each with its own ephemeral key, and the two handshake messages. */
function shakeHands({ appId, origin, sessionKey, seed, newEphemeral, existingEphemeral }) {
  const payload = payloadOf(sessionKey, seed);
  const { sessionId, psk } = secretsOf(seed);
  const prologue = prologueOf(appId, origin, sessionId);
  const n = new Handshake(prologue, { psk, ephemeral: newEphemeral, responderKey: readPayload(payload).key });
  const e = new Handshake(prologue, { psk, ephemeral: existingEphemeral, responderSecret: sessionKey });
  const first = n.write1();
  e.read1(first);
  return { payload, sessionId, psk, prologue, first, second: e.write2(), ...e.finish() };
}

/** What E makes of its vault: the draft of the link that adds N, and the keyset that goes with it. */
function draftFor(existing, added, time, { chain, epochKey }) {
  const { account, epoch } = chain;
  const { seq, hash } = headOf(chain);
  const keyset = writeKeyset(account, epoch, epochKey, [added]);
  const draft = encode('link', {
    account, seq: seq + 1, prev: hash, epoch, epochCommit: chain.epochCommit, previousEpoch: 0,
    previousEpochKey: empty, keysetHash: sha256(keyset), add: [added], remove: [], time, signer: existing.id,
  });
  return { draft, keyset };
}

/** The vault once the link is committed, with a manifest that tells the same of the same items. */
function vaultWith({ vault, chain, epochKey }, signedLink, keyset, { existing, homeSeed, time, manifestNonce }) {
  const { manifest: before } = vault;
  const after = extend(chain, readSignedLink(signedLink));
  const { seq: chainSeq, hash: chainHash } = headOf(after);
  const { account, epoch } = after;
  const version = before.version + 1;
  const notes = openPrivate(before, before.item.map(({ id }) => id), epochKey);
  const manifest = readManifest(writeManifest({
    account, version, prev: before.hash, trail: nextTrail(before.trail, before.hash), baseVersion: 0,
    baseHash: empty, chainSeq, chainHash, epoch, item: before.item,
    leafLabel: leafLabel(notes.labelKey, account, version),
    private: sealPrivate({ account, version, epoch }, epochKey, notes, manifestNonce), signer: existing.id,
  }, existing.signingSeed).bytes);
  const head = writeHead({
    account, chainSeq, chainHash, manifestVersion: version, manifestHash: manifest.hash, trail: manifest.trail, time,
  }, homeSeed);
  return writeVault({
    account, first: 0, signedLink: after.links.map(({ bytes }) => bytes),
    keyset: [...vault.keysets.map(({ bytes }) => bytes), keyset], signedManifest: manifest.bytes,
    signedHead: head.bytes, hash: [], gap: [], signedRestored: [], activeAtMinChain: [], trustedFrom: [],
  });
}

function openVault(bytes, appId, homeSeed, { id, signingSeed, kemSeed }) {
  const vault = readVault(bytes);
  const own = { appId, homeKeys: [publicKey(homeSeed)], ownId: id, ownSigningKey: publicKey(signingSeed) };
  const { chain } = verifyVault(vault, own);
  const epochKey = openOwnSeal(vault.keysets, id, kemSeed, chain.epochCommit);
  keysAlongPath(chain, epochKey);
  return { vault, chain, epochKey };
}

export const linkTranscripts = {
  write(inputs) {
    const { appId, homeSeed, existing, new: newcomer, r, time, wrongDigits } = inputs;
    const before = openVault(inputs.vaultBefore, appId, homeSeed, existing);
    const hands = shakeHands(inputs);
    const { hash: h, fromInitiator, fromResponder, payload, sessionId, psk, prologue } = hands;
    const added = authorityOf(newcomer);
    const { draft, keyset } = draftFor(existing, added, time, before);
    const signed = signLink(draft, existing.signingSeed, [newcomer.signingSeed]);
    const { account } = before.chain;
    const [old, now] = [headOf(before.chain), readSignedLink(signed.bytes)];
    const digits = digitsOf(h, r);
    const bundle =
      sealBundle(added.kemKey, account, newcomer.id, h, inputs.content, inputs.encapsulationSeed);

    const said = (from, message) => ({ from, plaintext: empty, message });
    const messages = [said('new', hands.first), said('existing', hands.second)];
    const say = (from, plaintext) => messages.push({
      from, plaintext, message: (from === 'new' ? fromInitiator : fromResponder).encrypt(plaintext),
    });
    say('new', encode('commitment', { 1: commitmentOf(h, r) }));
    wrongDigits.forEach((wrong, at) => {
      say('existing', encode('digits', { 1: wrong }));
      say('new', encode('wrongDigits', { left: 2 - at }));
    });
    say('existing', encode('digits', { 1: digits }));
    say('new', encode('reveal', {
      r, deviceId: newcomer.id, signingKey: added.signingKey, kemKey: added.kemKey, maxFormat, name: inputs.name,
      platform: inputs.platform,
    }));
    say('existing', encode('offer', { account, chainSequence: old.seq, chainHash: old.hash, link: draft }));
    say('new', encode('possession', { 1: signed.possession[0] }));
    say('existing', encode('committed', { chainSequence: now.seq, chainHash: now.hash, homeKey: publicKey(homeSeed) }));
    say('new', encode('ready', {}));
    for (const part of partsOf(bundle)) say('existing', part);
    say('new', encode('received', { 1: sha256(bundle) }));
    return {
      payload, sessionId, psk, prologue, handshakeHash: h, digits, draft, signedLink: signed.bytes,
      vaultAfter: vaultWith(before, signed.bytes, keyset, inputs), messages,
    };
  },

  read(told) {
    const { h, heard } = listen(told);
    const { new: newcomer, wrongDigits } = told;
    const added = authorityOf(newcomer);
    const all = (name) => heard.filter(({ is }) => is === name);
    const [[commitment], [reveal], [offer]] = ['commitment', 'reveal', 'offer'].map(all);
    demand(same(commitment[1], commitmentOf(h, reveal.r)), 'commitment');
    demandTold({ digits: [...wrongDigits, digitsOf(h, reveal.r)] }, { digits: all('digits').map((one) => one[1]) },
      'digits');
    demandTold(added, { id: reveal.deviceId, signingKey: reveal.signingKey, kemKey: reveal.kemKey }, 'reveal');
    const draft = checkDraft(offer, added);
    demand(same(all('possession')[0][1], sign(newcomer.signingSeed, possessionLabel, draft.body)), 'possession');
    const [committed] = all('committed');
    demand(committed.chainSequence === draft.seq && same(committed.chainHash, draft.hash), 'committed');
    const { chain } = openVault(told.vaultAfter, told.appId, told.homeSeed, newcomer);
    demand(same(chain.links[committed.chainSequence].hash, committed.chainHash), 'committed');
    demand(chain.active.has(hex(newcomer.id)), 'committed');
    demand(same(committed.homeKey, publicKey(told.homeSeed)), 'committed');
    const bundle = bundleOf(all('bundle'));
    demand(same(all('received')[0][1], sha256(bundle)), 'received');
    demandTold(told, { content: openBundle(newcomer.kemSeed, chain.account, newcomer.id, h, bundle) }, 'bundle');
  },
};

/** Lets each side open what the other one sent, and tells what was heard. */
function listen(told) {
  const { key, seed } = readPayload(told.payload);
  const { sessionId, psk } = secretsOf(seed);
  const side = (origin, keys) => new Handshake(prologueOf(told.appId, origin, sessionId), { psk, ...keys });
  const n = side(told.newOrigin, { ephemeral: told.newEphemeral, responderKey: key });
  const e = side(told.origin, { ephemeral: told.existingEphemeral, responderSecret: told.sessionKey });
  const [first, second, ...rest] = told.messages;
  n.write1();
  by('existing', () => e.read1(first.message));
  e.write2();
  by('new', () => n.read2(second.message));
  const { hash: h, fromInitiator } = e.finish();
  const { fromResponder } = n.finish();
  const heard = rest.map(({ from, plaintext, message }) => {
    const [reader, cipher] = from === 'new' ? ['existing', fromInitiator] : ['new', fromResponder];
    const read = by(reader, () => orRefuse('tampered', () => cipher.decrypt(message)));
    demand(same(read, plaintext), 'differs');
    return readMessage(read);
  });
  return { h, heard };
}

/** A refusal with the side that refuses. */
function by(side, action) {
  try {
    return action();
  } catch (error) {
    if (error instanceof Refusal) return refuse(`${side}: ${error.word}`);
    throw error;
  }
}
