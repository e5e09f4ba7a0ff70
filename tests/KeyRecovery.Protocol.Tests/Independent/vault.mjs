// §7: a vault, and how it is read.
import { ascending, compare, hex, same } from './bytes.mjs';
import { checkHeadIs, checkHeadSignature, contradict, readHead } from './head.mjs';
import { readKeyset } from './keyset.mjs';
import { readSignedLink } from './link.mjs';
import { checkEntries, checkManifestPlace, checkManifestSignature, readManifest } from './manifest.mjs';
import { sha256 } from './primitives.mjs';
import { demand, Refusal, refuse } from './refusal.mjs';
import { believed, readClaims } from './restored.mjs';
import { emptyChain, extend, headOf } from './sigchain.mjs';
import { decode, encode } from './structure.mjs';
import { checkDescends, checkGaps, checkToldAnew, unprovedFrom } from './told-trail.mjs';
import { checkUndoPlace } from './undo.mjs';

const formatVersion = 1;
const most = { links: 4096, keysets: 32, hashes: 65536, active: 32 };

/** What a restore explains. */
const explained = ['fork', 'rolled-back-chain', 'rolled-back-manifest', 'forked-manifest'];

export const writeVault = ({ trustedFrom, ...parts }) => encode('vault', { ...parts, list1: trustedFrom });

export function readKeysets(list) {
  demand(list.length >= 1 && list.length <= most.keysets, 'malformed');
  return list.map(readKeyset);
}

export function readVault(bytes) {
  const { list1: trustedFrom, ...vault } = decode('vault', bytes);
  demand(vault.first <= most.links && vault.first + vault.signedLink.length <= most.links, 'malformed');
  demand(vault.hash.length <= most.hashes && ascending(trustedFrom, ({ id }) => id), 'malformed');
  demand(vault.activeAtMinChain.length <= most.active && ascending(vault.activeAtMinChain), 'malformed');
  checkGaps(vault.gap);
  const [manifest] = readKnown([vault.signedManifest], readManifest);
  const links = readKnown(vault.signedLink, readSignedLink);
  const isTooNew = !manifest || links.length < vault.signedLink.length;
  demand(vault.keyset.length >= 1 && vault.keyset.length <= most.keysets, 'malformed');
  const keysets = isTooNew ? [] : readKnown(vault.keyset, readKeyset);
  return {
    account: vault.account,
    first: vault.first,
    hashes: vault.hash,
    gaps: vault.gap,
    claims: readClaims(vault.signedRestored),
    activeAtMinChain: vault.activeAtMinChain,
    trustedFrom,
    links,
    keysets,
    manifest,
    isTooNew: isTooNew || keysets.length < vault.keyset.length,
    head: readHead(vault.signedHead),
  };
}

/** The parts before the first that is of a later version. */
function readKnown(parts, read) {
  const known = [];
  for (const part of parts) {
    try {
      known.push(read(part));
    } catch (error) {
      if (!(error instanceof Refusal) || error.word !== 'upgrade-required') throw error;
      break;
    }
  }
  return known;
}

/** §3: nobody writes what somebody who is active before it does not read. */
function formatFault({ first, links }, { appId }, known) {
  demand(first === 0 || first === known?.chain.links.length, 'dropped-link');
  if (first === 0 && links.length === 0) return 'upgrade-required';
  const { active } = links.reduce(extend, first === 0 ? emptyChain(appId) : known.chain);
  return [...active.values()].every(({ maxFormat }) => maxFormat > formatVersion) ? 'upgrade-required' : 'above-format';
}

/**
 * The vault's chain and manifest, verified in the page's order. `known` is what the same function gave before; it comes
 * back as `conflict` where the vault is taken beside it.
 */
export function verifyVault(vault, reader, known) {
  if (known) demand(same(known.chain.account, vault.account), 'other-account');
  checkHeadSignature(vault.head, reader.homeKeys);
  const claims = believed(known?.claims ?? [], vault.claims, vault.account, reader.homeKeys);
  if (vault.isTooNew) return refuse(formatFault(vault, reader, known));
  if (!known) return verifyAnew(vault, reader, claims, 1);
  try {
    return verifyFrom(vault, reader, claims, known);
  } catch (error) {
    if (!(error instanceof Refusal) || !explained.includes(error.word)) throw error;
    if (!counts(vault, claims, known)) throw error;
    return { ...verifyAnew(vault, reader, claims, known.manifest.version), conflict: known };
  }
}

/** Whether a claim counts against what was known, and what is served has its place; where both part, any claim says. */
function counts({ first, links, head, manifest, ...vault }, claims, known) {
  if (first !== 0 || contradict(known.head, head, claims)) return false;
  const ours = known.chain.links;
  const at = ours.findIndex((link, seq) => !links[seq] || !same(links[seq].hash, link.hash));
  const shared = at < 0 ? ours.length : at;
  const end = Math.max(known.manifest.version, unprovedFrom(vault, known.manifest.version));
  const isLater = ({ time, chainSeq, manifestVersion }) => time > known.head.time && chainSeq < links.length
    && manifestVersion <= manifest.version;
  const below = at < 0 ? links.length : shared;
  const isBelow = ({ chainSeq, manifestVersion }) => chainSeq < below && manifestVersion < end;
  return claims.some(isLater) && claims.some(isBelow);
}

function verifyAnew(vault, reader, claims, asked) {
  const chain = verifyChain(vault, reader.appId);
  checkToldAnew(vault, asked);
  return judge(vault, reader, claims, chain);
}

function verifyFrom(vault, reader, claims, known) {
  const chain = verifyChain(vault, reader.appId, known);
  const { manifest } = vault;
  if (chain === known.chain) demand(manifest.chainSeq >= known.manifest.chainSeq, 'rolled-back-chain');
  demand(manifest.version >= known.manifest.version, 'rolled-back-manifest');
  checkDescends(vault, known.manifest);
  return judge(vault, reader, claims, chain, known);
}

function judge(vault, { ownId, ownSigningKey }, claims, chain, known) {
  const { manifest } = vault;
  const own = chain.links.flatMap(({ add }) => add).find(({ id }) => same(id, ownId));
  demand(own && same(own.signingKey, ownSigningKey), 'own-keys');
  checkKeysets(chain, vault.keysets);
  const { seq: chainSeq, hash: chainHash } = headOf(chain);
  checkUndoPlace(manifest, { chainSeq, begins: chain.epochLinks.length === 1 });
  checkManifestPlace(manifest, { account: chain.account, chainSeq, chainHash, path: chain.path });
  checkEntries(manifest, chain.path);
  const signer = chain.active.get(hex(manifest.signer));
  demand(signer, 'manifest-signature');
  checkManifestSignature(manifest, signer.signingKey);
  checkHeadIs(vault.head, chain.account, headOf(chain), manifest);
  return { chain, manifest, head: vault.head, claims, gaps: known?.gaps ?? vault.gaps };
}

function verifyChain(vault, appId, known) {
  let chain = known?.chain ?? emptyChain(appId);
  const { links, first } = vault;
  demand(first === 0 || first === chain.links.length, 'dropped-link');
  demand(known || links.length > 0, 'dropped-link');
  links.slice(0, chain.links.length - first).forEach((link, at) => {
    const differs = first + at === 0 ? 'forged-beginning' : 'fork';
    demand(same(link.hash, chain.links[first + at].hash), differs);
  });
  demand(first + links.length >= chain.links.length, 'rolled-back-chain');
  for (const link of links.slice(chain.links.length - first)) chain = extendKnown(chain, link, known);
  demand(same(chain.account, vault.account), 'other-account');
  return chain;
}

/** What does not continue the known chain is a fork of it. */
function extendKnown(chain, link, known) {
  try {
    return extend(chain, link);
  } catch (error) {
    if (known && chain === known.chain && error.word === 'broken-chain') return refuse('fork');
    throw error;
  }
}

/** The keysets of the newest epoch, each with what its link brings. */
function checkKeysets({ account, epoch, epochLinks, active }, keysets) {
  demand(keysets.length === epochLinks.length, 'keyset-members');
  keysets.forEach((keyset, at) => {
    demand(same(keyset.account, account), 'other-account');
    demand(keyset.epoch === epoch, 'keyset-epoch');
    const brought = broughtBy(epochLinks, at, active);
    demand(keyset.entry.length === brought.length, 'keyset-members');
    demand(keyset.entry.every(({ id }, place) => same(id, brought[place].id)), 'keyset-members');
    for (const [place, { kemKey }] of keyset.entry.entries())
      demand(same(sha256(kemKey), brought[place].kemKeyHash), 'substituted-kem-key');
    demand(same(keyset.hash, epochLinks[at].keysetHash), 'keyset-hash');
  });
}

/** Nobody leaves within an epoch: what its first link brings are all who are active now, less those who came later. */
function broughtBy(epochLinks, at, active) {
  if (at > 0) return epochLinks[at].add;
  const later = new Set(epochLinks.slice(1).flatMap(({ add }) => add.map(({ id }) => hex(id))));
  return [...active].filter(([id]) => !later.has(id)).map(([, one]) => one).sort((a, b) => compare(a.id, b.id));
}
