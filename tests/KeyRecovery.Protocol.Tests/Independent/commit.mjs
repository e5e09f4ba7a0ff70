// §7: a commit and a repair, as far as their shape goes.
import { shortestItem } from './item.mjs';
import { readKeyset } from './keyset.mjs';
import { readSignedLink } from './link.mjs';
import { readManifest } from './manifest.mjs';
import { readHead } from './head.mjs';
import { demand } from './refusal.mjs';
import { decode, encode } from './structure.mjs';
import { readKeysets } from './vault.mjs';

const most = { item: 17532, items: 262144, rest: 262144, base: 262144 };
const total = (list) => list.reduce((sum, bytes) => sum + bytes.length, 0);

export const writeCommit = (parts) => encode('commit', parts);
export const writeRepair = (parts) => encode('repair', parts);

export function readCommit(bytes) {
  const { signedLink, keyset, signedManifest, signedBaseManifest, sealedItem } = decode('commit', bytes);
  demand((signedLink.length === 0) === (keyset.length === 0), 'malformed');
  demand(total([signedLink, keyset, signedManifest]) <= most.rest && total(sealedItem) <= most.items, 'malformed');
  demand(signedBaseManifest.length <= most.base, 'malformed');
  demand(sealedItem.every(({ length }) => length >= shortestItem && length <= most.item), 'malformed');
  const link = signedLink.length === 0 ? null : readSignedLink(signedLink);
  return {
    link, keyset: link && readKeyset(keyset), manifest: readManifest(signedManifest),
    base: signedBaseManifest.length === 0 ? null : readManifest(signedBaseManifest), items: sealedItem,
  };
}

export function readRepair(bytes) {
  const { signedLink, keyset, signedManifest, signedHead, trail, between } = decode('repair', bytes);
  demand(signedLink.length > 0, 'malformed');
  return {
    links: signedLink.map(readSignedLink),
    keysets: readKeysets(keyset),
    manifest: readManifest(signedManifest),
    head: signedHead.length === 0 ? null : readHead(signedHead),
    trail,
    between,
  };
}
