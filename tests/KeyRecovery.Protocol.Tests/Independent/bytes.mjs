import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js';

export { bytesToHex as hex, concatBytes as join, hexToBytes as unhex };

export const empty = new Uint8Array(0);
export const zeros = (length) => new Uint8Array(length);
export const text = (string) => new TextEncoder().encode(string);
export const u8 = (number) => Uint8Array.of(number);
export const compare = (a, b) => Buffer.compare(a, b);
export const same = (a, b) => compare(a, b) === 0;
export const base64 = (bytes) => Buffer.from(bytes).toString('base64');

/** Big-endian, as every number on the page. */
export function big(number, length) {
  const bytes = new Uint8Array(length);
  for (let rest = BigInt(number), at = length - 1; at >= 0; at--, rest >>= 8n) bytes[at] = Number(rest & 255n);
  return bytes;
}

export const bigNumber = (bytes) => BigInt(`0x${bytesToHex(bytes) || '0'}`);

/** Little-endian, as the scalars of RFC 8032 and RFC 9496. */
export const littleNumber = (bytes) => bigNumber(Uint8Array.from(bytes).reverse());

/** What people write between the characters of a code. */
export const separators = /[\s_\u2212"'`\p{Pd}\p{Pi}\p{Pf}\p{Cf}]/gu;

/** Valid UTF-8 alone: neither replaced nor shortened. */
export const utf8 = (bytes) => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);

export const ascending = (list, by = (element) => element) =>
  list.every((element, at) => at === 0 || compare(by(list[at - 1]), by(element)) < 0);
