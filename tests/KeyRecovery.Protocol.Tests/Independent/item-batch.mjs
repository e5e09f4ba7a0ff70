// §7: many items in one request.
import { same } from './bytes.mjs';
import { sha256 } from './primitives.mjs';
import { demand } from './refusal.mjs';
import { decode, encode } from './structure.mjs';

const most = { items: 1024, bytes: 4194304 };

export function writeItemBatchRequest(hashes) {
  demand(hashes.length >= 1 && hashes.length <= most.items, 'malformed');
  return encode('itemBatchRequest', { hash: hashes });
}

export function readItemBatchRequest(bytes) {
  const { hash: hashes } = decode('itemBatchRequest', bytes);
  demand(hashes.length >= 1 && hashes.length <= most.items, 'malformed');
  return hashes;
}

/** The first of these items, as many as an answer takes and at least one. */
export function writeItemBatch(items) {
  let left = most.bytes;
  const more = items.findIndex(({ length }, at) => (left -= length) < 0 && at > 0);
  return encode('itemBatch', { sealedItem: more < 0 ? items : items.slice(0, more) });
}

/** The items that came, an empty one for each that is not there. */
export function readItemBatch(bytes, hashes) {
  const { sealedItem: items } = decode('itemBatch', bytes);
  demand(items.length >= 1 && items.length <= hashes.length, 'malformed');
  demand(items.reduce((sum, { length }) => sum + length, 0) <= most.bytes, 'malformed');
  items.forEach((item, at) => demand(item.length === 0 || same(sha256(item), hashes[at]), 'item-hash'));
  return items;
}
