// §7: a vault, and how it is read.
import { ascending, compare, hex, same, zeros } from './bytes.mjs';
import { checkHeadIs, checkHeadSignature, readHead } from './head.mjs';
import { readKeyset } from './keyset.mjs';
import { readSignedLink } from './link.mjs';
import {
  checkEntries, checkManifestPlace, checkManifestSignature, nextTrail, readManifest,
} from './manifest.mjs';
import { sha256 } from './primitives.mjs';
import { emptyChain, extend, headOf } from './sigchain.mjs';
import { demand, refuse } from './refusal.mjs';
import { decode, encode } from './structure.mjs';
import { checkUndoPlace } from './undo.mjs';

const most = { links: 4096, keysets: 32, hashes: 65536 };

export const writeVault = ({ trustedFrom, ...parts }) => encode('vault', { ...parts, list1: trustedFrom });

export function readKeysets(list) {
  demand(list.length >= 1 && list.length <= most.keysets, 'malformed');
  return list.map(readKeyset);
}

export function readVault(bytes) {
  const { list1: trustedFrom, ...vault } = decode('vault', bytes);
  demand(vault.first <= most.links && vault.first + vault.signedLink.length <= most.links, 'malformed');
  demand(vault.hash.length <= most.hashes && ascending(trustedFrom, ({ id }) => id), 'malformed');
  return {
    account: vault.account,
    first: vault.first,
    hashes: vault.hash,
    trustedFrom,
    links: vault.signedLink.map(readSignedLink),
    keysets: readKeysets(vault.keyset),
    manifest: readManifest(vault.signedManifest),
    head: readHead(vault.signedHead),
  };
}

/** The vault's chain and manifest, verified in the page's order. `known` is what the same function gave before. */
export function verifyVault(vault, { appId, homeKeys, ownId, ownSigningKey }, known) {
  if (known) demand(same(known.chain.account, vault.account), 'other-account');
  checkHeadSignature(vault.head, homeKeys);
  const chain = verifyChain(vault, appId, known);
  const { manifest } = vault;
  checkKnown(vault, chain, known);
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
  return { chain, manifest };
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

function checkKnown({ manifest, hashes }, chain, known) {
  const from = known?.manifest;
  if (chain === known?.chain) demand(manifest.chainSeq >= from.chainSeq, 'rolled-back-chain');
  const count = manifest.version - (from?.version ?? 1);
  demand(count >= 0, 'rolled-back-manifest');
  if (!from && hashes.length !== count) return;
  if (from && count === 0) demand(same(manifest.hash, from.hash), 'forked-manifest');
  demand(hashes.length === count, 'forked-manifest');
  if (count === 0) return;
  if (from) demand(same(hashes[0], from.hash), 'forked-manifest');
  demand(same(hashes.at(-1), manifest.prev), 'forked-manifest');
  demand(same(hashes.reduce(nextTrail, from?.trail ?? zeros(32)), manifest.trail), 'forked-manifest');
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
