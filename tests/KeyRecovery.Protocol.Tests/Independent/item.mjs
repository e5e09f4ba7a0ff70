// §6: a sealed item.
import { big, compare, join, same, text } from './bytes.mjs';
import { hkdf, pad, secretBox, sha256, unpad } from './primitives.mjs';
import { demand, orRefuse } from './refusal.mjs';
import { decode, encode } from './structure.mjs';

const headerLength = 84;
export const shortestItem = headerLength + secretBox.overhead + 256;

export const itemHeader = ({ account, id, version, epoch, previous }) =>
  join(text('KRI1'), account, id, big(version, 8), big(epoch, 8), previous);
export const itemKeyInfo = (account, id) => encode('itemKey', { account, id });
export const itemKey = (account, id, epochKey) => hkdf(epochKey, itemKeyInfo(account, id), 32);
export const itemPlaintext = (name, content) => encode('plaintext', { name, content });

export function sealItem(place, epochKey, name, content, nonce) {
  const header = itemHeader(place);
  const key = itemKey(place.account, place.id, epochKey);
  return join(header, secretBox.seal(key, header, pad(itemPlaintext(name, content)), nonce));
}

/** Reads what an entry of a manifest names. */
export function openItem(sealed, account, { id, version, epoch, size, hash }, epochKey) {
  demand(sealed.length >= shortestItem && sealed.length === size && same(sha256(sealed), hash), 'item-hash');
  const header = sealed.slice(0, headerLength);
  const previous = header.slice(headerLength - 32);
  demand(compare(header, itemHeader({ account, id, version, epoch, previous })) === 0, 'item-header');
  return orRefuse('item-seal', () => {
    const all = secretBox.open(itemKey(account, id, epochKey), header, sealed.slice(headerLength));
    return { previous, ...decode('plaintext', unpad(all)) };
  });
}
