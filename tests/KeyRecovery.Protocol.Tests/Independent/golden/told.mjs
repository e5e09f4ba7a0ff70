// What the golden files write as hexadecimal, as bytes; and back.
import { hex, same, unhex } from '../bytes.mjs';
import { demand } from '../refusal.mjs';

/** The members that are text; every other string is bytes. */
const texts = new Set([
  'app', 'appId', 'authority', 'breaks', 'code', 'contentDigest', 'digits', 'from', 'keyid', 'label', 'method', 'name',
  'nameplate', 'newOrigin', 'origin', 'passphrase', 'path', 'platform', 'qr', 'query', 'realm', 'secret',
  'signatureBase', 'signatureInput', 'typed', 'wrongDigits',
]);

export function bytesIn(value, name = '', moreTexts = []) {
  if (Array.isArray(value)) return value.map((element) => bytesIn(element, name, moreTexts));
  if (typeof value === 'string') return texts.has(name) || moreTexts.includes(name) ? value : unhex(value);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([member, inner]) => [member, bytesIn(inner, member, moreTexts)]));
}

export function hexIn(value) {
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return value.map(hexIn);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, hexIn(member)]));
}

/** Refuses where a member that was told is not the one that was read or computed. */
export function demandTold(told, members, word) {
  for (const [name, value] of Object.entries(members)) {
    if (told[name] !== undefined) demand(equal(told[name], value), word);
  }
}

function equal(a, b) {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return same(a, b);
  return JSON.stringify(hexIn(a)) === JSON.stringify(hexIn(b));
}
