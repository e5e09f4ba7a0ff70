// Vaults that a server tells of an account, to a reader who knows another one or none; some lie. The home was restored
// now and then, and claims so, as it was or otherwise.
import { empty, hex } from '../bytes.mjs';
import { publicKey } from '../ed25519.mjs';
import { writeHead } from '../head.mjs';
import { demand } from '../refusal.mjs';
import { writeRestored } from '../restored.mjs';
import { headOf } from '../sigchain.mjs';
import { readVault, verifyVault, writeVault } from '../vault.mjs';
import { Account, appId } from './account.mjs';

/** A lie about the manifest, which an authority of the account signs. */
const signedLie = (change) => (scene) => {
  const fields = { ...scene.state.fields };
  change({ ...scene, fields });
  return withManifest(scene, scene.account.signManifest(fields));
};

function withManifest({ parts }, { bytes, version, hash, trail }) {
  parts.signedManifest = bytes;
  Object.assign(parts.head, { manifestVersion: version, manifestHash: hash, trail });
}

/** A lie about each claim: about restores that there were, or about one that nobody knows of. */
function claimLie(change) {
  return ({ parts, chance, state }) => {
    if (parts.claims.length === 0) {
      const place = { chainSeq: chance.below(3), manifestVersion: chance.below(state.manifest.version + 1) };
      parts.claims = [{ ...place, time: state.time + chance.of([-1, 0, 1]) }];
    }
    parts.claims = parts.claims.map((claim) => ({ ...claim, ...change(claim, chance) }));
  };
}

function gapLie(change) {
  return ({ parts, chance }) => { parts.gap = parts.gap.map((gap) => ({ ...gap, ...change(gap, chance) })); };
}

const lies = [
  signedLie(({ fields, chance }) => { fields.version += chance.of([1, 2]); }),
  signedLie(({ fields, chance }) => { fields.prev = chance.bytes(32); }),
  signedLie(({ fields, chance }) => { fields.trail = chance.bytes(32); }),
  signedLie(({ fields, other }) => {
    const { chainSeq, chainHash, epoch } = other.fields;
    Object.assign(fields, { chainSeq, chainHash, epoch });
  }),
  signedLie(({ fields }) => { fields.epoch += 1; }),
  signedLie(({ fields, chance }) => {
    fields.item = fields.item.map((item) => ({ ...item, epoch: chance.below(5) }));
  }),
  signedLie(({ fields, chance }) => {
    fields.item = fields.item.map((item) => ({ ...item, version: item.version + chance.below(3) }));
  }),
  signedLie(({ fields, chance }) => {
    fields.baseVersion = chance.of([0, 1, fields.version - 1, fields.version, fields.version + 1]);
    fields.baseHash = fields.baseVersion === 0 ? empty : chance.bytes(32);
  }),
  signedLie(({ fields, chance, state }) => {
    fields.signer = chance.of(state.chain.links.flatMap(({ add }) => add)).id;
  }),
  ({ parts, other }) => { parts.signedManifest = other.manifest.bytes; },
  ({ parts }) => { parts.hash = parts.hash.slice(1); },
  ({ parts }) => { parts.hash = parts.hash.slice(0, -1); },
  ({ parts, chance }) => { parts.hash = [...parts.hash, chance.bytes(32)]; },
  ({ parts, chance }) => { parts.hash = [chance.bytes(32), ...parts.hash]; },
  ({ parts, chance }) => { parts.hash = [...parts.hash.slice(0, -1), chance.bytes(32)]; },
  ({ parts, chance }) => { parts.hash = [chance.bytes(32), ...parts.hash.slice(1)]; },
  ({ parts, other }) => { parts.keyset = other.keysets; },
  ({ parts }) => { parts.keyset = [...parts.keyset, parts.keyset[0]]; },
  ({ parts }) => { parts.keyset = [...parts.keyset].reverse(); },
  ({ parts, chance }) => { parts.first = chance.below(4); },
  ({ parts }) => { parts.signedLink = parts.signedLink.slice(0, -1); },
  ({ parts }) => { parts.signedLink = parts.signedLink.slice(1); },
  ({ parts, chance }) => { parts.account = chance.bytes(16); },
  ({ parts, chance }) => { parts.head[chance.of(['chainHash', 'manifestHash', 'trail'])] = chance.bytes(32); },
  ({ parts }) => { parts.head.manifestVersion += 1; },
  ({ parts, other }) => { parts.head.chainSeq = other.fields.chainSeq; },
  ({ parts, chance }) => { parts.homeSeed = chance.bytes(32); },
  ({ parts, chance }) => { parts.head.time += chance.of([-4, -2, 2, 4]); },
  ({ parts }) => { parts.claims = []; },
  ({ parts, chance }) => { parts.claims = parts.claims.filter(() => chance.once(2)); },
  claimLie((claim, chance) => ({ account: chance.bytes(16) })),
  claimLie((claim, chance) => ({ homeSeed: chance.bytes(32) })),
  claimLie((claim, chance) => ({ time: claim.time + chance.of([-2, -1, 1, 2]) })),
  claimLie((claim, chance) => ({ chainSeq: claim.chainSeq + chance.of([0, 1, 2]) })),
  claimLie((claim, chance) => ({ manifestVersion: claim.manifestVersion + chance.of([0, 1, 2]) })),
  claimLie(() => ({ chainSeq: 0, manifestVersion: 0 })),
  gapLie((gap, chance) => ({ trail: chance.bytes(32) })),
  gapLie((gap, chance) => ({ from: chance.below(4), to: gap.to + chance.of([0, 1, 2]) })),
];

/** Lies about the reader, who knows no vault then. */
const strangers = [
  ({ told, chance }) => { told.ownId = chance.bytes(16); },
  ({ told, chance }) => { told.ownSigningKey = publicKey(chance.bytes(32)); },
  ({ told }) => { told.appId = 'drive.example'; },
];

/** Versions that the home lost the hashes of, or none. */
function gapsIn({ line, manifest }, chance) {
  if (manifest.version < 2 || !chance.once(4)) return [];
  const from = 1 + chance.below(manifest.version - 1);
  const to = from + chance.below(manifest.version - from);
  return [{ from, to, trail: line[to].trail }];
}

/** The parts of a true vault: `state` is the one that is told, `known` the one that the reader has, or null. */
function partsOf({ homeSeed }, state, known, chance, gaps = gapsIn(state, chance)) {
  const { chain, keysets, manifest, line, time, claims } = state;
  const { seq: chainSeq, hash: chainHash } = headOf(chain);
  const { version: manifestVersion, hash: manifestHash, trail } = manifest;
  const asked = known?.manifest.version ?? 1;
  const lost = (version) => gaps.some(({ from, to }) => from <= version && version <= to);
  const hashes = line.slice(0, -1).filter(({ version }) => version >= asked && !lost(version)).map(({ hash }) => hash);
  const follows = known && known.chain.links.length <= chain.links.length;
  const first = follows && chance.once(4) ? known.chain.links.length : 0;
  return {
    account: chain.account, first, signedLink: chain.links.slice(first).map(({ bytes }) => bytes), keyset: keysets,
    signedManifest: manifest.bytes, hash: known || chance.once(2) ? hashes : [], trustedFrom: [],
    gap: gaps.filter(({ to }) => to >= asked), claims, activeAtMinChain: [],
    head: { account: chain.account, chainSeq, chainHash, manifestVersion, manifestHash, trail, time }, homeSeed,
  };
}

function vaultOf({ head, homeSeed, claims, ...parts }) {
  const signedRestored = claims.map((claim, at) => writeRestored(
    { restore: new Uint8Array(16).fill(at), account: head.account, ...claim }, claim.homeSeed ?? homeSeed).bytes);
  return writeVault({ ...parts, signedRestored, signedHead: writeHead(head, homeSeed).bytes });
}

function makeAccount(chance) {
  const account = new Account(chance);
  account.commit();
  account.commit();
  for (let left = 2 + chance.below(5); left > 0; left--) {
    if (chance.once(3)) account.restore();
    else account.commit();
  }
  return account;
}

export function vaultStory(chance) {
  const account = makeAccount(chance);
  const known = chance.once(4) ? null : chance.of(account.states);
  const source = chance.once(20) ? makeAccount(chance) : account;
  const at = chance.once(3) ? chance.of(source.states) : source.states.at(-1);
  const state = { ...at, claims: chance.of([at.claims, source.claims]) };
  const told = readerOf(account, known ?? chance.of(account.states), chance);
  const before = known && vaultOf(partsOf(account, known, null, chance, []));
  const parts = partsOf(source, state, source === account ? known : null, chance);
  const scene = { told, parts, chance, account: source, state, other: chance.of(source.states) };
  if (chance.once(2)) chance.of(known ? lies : [...lies, ...strangers])(scene);
  const vault = vaultOf(parts);
  return {
    told: { ...told, homeKeys: told.homeKeys.map(hex), ownId: hex(told.ownId), ownSigningKey: hex(told.ownSigningKey),
      known: before ? hex(before) : '', vault: hex(vault) },
    read: () => {
      const verified = verifyVault(
        readVault(vault), told, before ? verifyVault(readVault(before), told) : undefined);
      demand(!verified.conflict, 'conflict');
    },
  };
}

/** Somebody of the account, who may have been removed. */
function readerOf({ homeSeed }, { chain }, chance) {
  const own = chance.of(chain.links.flatMap(({ add }) => add));
  return { appId, homeKeys: [publicKey(homeSeed)], ownId: own.id, ownSigningKey: own.signingKey };
}
