// §5: the part of a manifest that is sealed under the epoch key.
import { ascending, same } from './bytes.mjs';
import { hkdf, pad, secretBox, unpad } from './primitives.mjs';
import { demand, orRefuse } from './refusal.mjs';
import { decode, encode } from './structure.mjs';

const most = { authorities: 32, length: 1048576 };
const knownFlags = [0, 1];

export const privateKeyInfo = (account, epoch) => encode('manifestPrivateKey', { account, epoch });
export const privateKey = (account, epoch, epochKey) => hkdf(epochKey, privateKeyInfo(account, epoch), 32);
export const privateAad = (account, version, epoch) => encode('manifestPrivateAad', { account, version, epoch });

export const privateContent = ({ labelKey, items, authorities }) =>
  encode('manifestPrivate', { labelKey, list1: items, list2: authorities });

export function sealPrivate({ account, version, epoch }, epochKey, notes, nonce) {
  const key = privateKey(account, epoch, epochKey);
  return secretBox.seal(key, privateAad(account, version, epoch), pad(privateContent(notes)), nonce);
}

/** Opens and reads the `private` of a manifest with these members; `itemIds` are those of its items. */
export function openPrivate({ account, version, epoch, private: sealed }, itemIds, epochKey) {
  return orRefuse('manifest-private', () => {
    const key = privateKey(account, epoch, epochKey);
    const content = unpad(secretBox.open(key, privateAad(account, version, epoch), sealed));
    const { labelKey, list1: items, list2: authorities } = decode('manifestPrivate', content);
    checkNotes(items, authorities, itemIds);
    return { labelKey, items, authorities };
  });
}

function checkNotes(items, authorities, itemIds) {
  demand(items.length === itemIds.length && items.every(({ id }, at) => same(id, itemIds[at])), 'malformed');
  demand(new Set(items.map(({ name }) => name)).size === items.length, 'malformed');
  demand(items.every(({ length }) => length <= most.length), 'malformed');
  demand(authorities.length <= most.authorities && ascending(authorities, ({ id }) => id), 'malformed');
  demand(authorities.every(({ flags }) => knownFlags.includes(flags)), 'upgrade-required');
}
