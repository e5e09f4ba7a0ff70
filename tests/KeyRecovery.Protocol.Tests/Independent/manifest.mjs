// §5: the manifest, and how it follows from those before.
import { ascending, join, same, text, u8, zeros } from './bytes.mjs';
import { check, sign } from './ed25519.mjs';
import { hmacSha256, sha256 } from './primitives.mjs';
import { demand } from './refusal.mjs';
import { decode, encode } from './structure.mjs';

const label = 'keyrecovery/v1/manifest';
export const largestItem = 1081468;
const mostItems = 1024;
const leastPrivate = 40;

export const trailPreimage = (trail, hash) => join(text('keyrecovery/v1/trail'), u8(0), trail, hash);
export const nextTrail = (trail, hash) => sha256(trailPreimage(trail, hash));

export const leafMessage = (account, version) => encode('leafLabel', { account, version });
export const leafLabel = (labelKey, account, version) => hmacSha256(labelKey, leafMessage(account, version));

export function writeManifest(fields, seed) {
  const body = encode('manifest', fields);
  const signature = sign(seed, label, body);
  return { body, hash: sha256(body), signature, bytes: encode('signedManifest', { manifest: body, signature }) };
}

export function readManifest(bytes) {
  const { manifest: body, signature } = decode('signedManifest', bytes);
  const manifest = decode('manifest', body);
  demand(manifest.version >= 1 && manifest.private.length >= leastPrivate, 'malformed');
  demand((manifest.baseVersion === 0) === (manifest.baseHash.length === 0), 'malformed');
  demand(manifest.item.length <= mostItems && ascending(manifest.item, ({ id }) => id), 'malformed');
  demand(manifest.item.every(({ version, size }) => version >= 1 && size <= largestItem), 'malformed');
  return { ...manifest, body, signature, bytes, hash: sha256(body) };
}

/** `place`: account, chainSeq, chainHash and path, as the chain has them. */
export function checkManifestPlace(manifest, place) {
  demand(same(manifest.account, place.account), 'other-account');
  demand(manifest.chainSeq === place.chainSeq && same(manifest.chainHash, place.chainHash), 'manifest-heads');
  demand(manifest.epoch === place.path[0], 'manifest-heads');
}

export const checkManifestSignature = (manifest, signerKey) =>
  check(signerKey, label, manifest.body, manifest.signature, 'manifest-signature');

export function checkEntries(manifest, path) {
  for (const { version, epoch } of manifest.item)
    demand(version <= manifest.version && path.includes(epoch), 'manifest-items');
}

/** `before` is null for version 1. */
export function checkFollows(manifest, before) {
  demand(manifest.version === (before?.version ?? 0) + 1, 'forked-manifest');
  demand(same(manifest.prev, before?.hash ?? zeros(32)), 'forked-manifest');
  demand(same(manifest.trail, before ? nextTrail(before.trail, before.hash) : zeros(32)), 'forked-manifest');
}

/** `base` is null where none is at hand. */
export function checkBase(manifest, base) {
  demand((manifest.baseVersion === 0) === (base === null), 'manifest-base');
  if (!base) return;
  demand(manifest.baseVersion < manifest.version, 'manifest-base');
  demand(base.version === manifest.baseVersion && same(base.hash, manifest.baseHash), 'manifest-base');
}

export function checkChanges(manifest, before, base) {
  for (const item of changedEntries(manifest, before, base)) {
    const highest = Math.max(0, ...entriesOf(item.id, before, base).map(({ version }) => version));
    demand(item.version === highest + 1 && item.epoch === manifest.epoch, 'manifest-items');
  }
}

/** The entries that are neither those of the manifest before nor the base's. */
export const changedEntries = (manifest, before, base) => manifest.item.filter((item) =>
  !entriesOf(item.id, before, base).some((other) => same(encode('item', item), encode('item', other))));

/** What these manifests, of which any may be null, have of an item. */
export const entriesOf = (id, ...manifests) =>
  manifests.flatMap((manifest) => (manifest?.item ?? []).filter((item) => same(item.id, id)));
