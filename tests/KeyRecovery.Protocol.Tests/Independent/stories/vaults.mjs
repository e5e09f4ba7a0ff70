// Vaults that a server tells of an account, to a reader who knows an older one or none; some lie.
import { empty, hex } from '../bytes.mjs';
import { publicKey } from '../ed25519.mjs';
import { writeHead } from '../head.mjs';
import { headOf } from '../sigchain.mjs';
import { readVault, verifyVault, writeVault } from '../vault.mjs';
import { Account, appId } from './account.mjs';

const time = 5;

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
];

/** Lies about the reader, who knows no vault then. */
const strangers = [
  ({ told, chance }) => { told.ownId = chance.bytes(16); },
  ({ told, chance }) => { told.ownSigningKey = publicKey(chance.bytes(32)); },
  ({ told }) => { told.appId = 'drive.example'; },
];

/** The parts of a true vault: `at` is the state that is told, `known` the one that the reader has, or null. */
function partsOf({ homeSeed, states }, at, known, chance) {
  const { chain, keysets, manifest } = states[at];
  const { seq: chainSeq, hash: chainHash } = headOf(chain);
  const { version: manifestVersion, hash: manifestHash, trail } = manifest;
  const all = states.slice(0, at).map((state) => state.manifest.hash);
  const first = known !== null && chance.once(2) ? states[known].chain.links.length : 0;
  return {
    account: chain.account, first, signedLink: chain.links.slice(first).map(({ bytes }) => bytes), keyset: keysets,
    signedManifest: manifest.bytes, hash: known !== null ? all.slice(known) : chance.of([all, []]), trustedFrom: [],
    head: { account: chain.account, chainSeq, chainHash, manifestVersion, manifestHash, trail, time }, homeSeed,
  };
}

const vaultOf = ({ head, homeSeed, ...parts }) =>
  writeVault({ ...parts, signedHead: writeHead(head, homeSeed).bytes });

function makeAccount(chance) {
  const account = new Account(chance);
  for (let left = 2 + chance.below(5); left > 0; left--) account.commit();
  return account;
}

export function vaultStory(chance) {
  const account = makeAccount(chance);
  const { states } = account;
  const at = chance.below(states.length);
  const known = chance.once(2) ? null : chance.below(states.length);
  const told = readerOf(account, states[known ?? at], chance);
  const before = known === null ? null : vaultOf(partsOf(account, known, null, chance));
  const source = chance.once(12) ? makeAccount(chance) : account;
  const parts = partsOf(source, source === account ? at : 0, source === account ? known : null, chance);
  const state = source.states[source === account ? at : 0];
  const scene = { told, parts, chance, account: source, state, other: chance.of(source.states) };
  if (!chance.once(5)) chance.of(known === null ? [...lies, ...strangers] : lies)(scene);
  const vault = vaultOf(parts);
  return {
    told: { ...told, homeKeys: told.homeKeys.map(hex), ownId: hex(told.ownId), ownSigningKey: hex(told.ownSigningKey),
      known: before ? hex(before) : '', vault: hex(vault) },
    read: () => verifyVault(readVault(vault), told, before ? verifyVault(readVault(before), told) : undefined),
  };
}

/** Somebody of the account, who may have been removed. */
function readerOf({ homeSeed }, { chain }, chance) {
  const own = chance.of(chain.links.flatMap(({ add }) => add));
  return { appId, homeKeys: [publicKey(homeSeed)], ownId: own.id, ownSigningKey: own.signingKey };
}
