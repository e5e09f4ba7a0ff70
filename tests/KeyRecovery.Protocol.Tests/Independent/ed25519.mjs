// §1, §1.2: Ed25519 as strict as the page, and signatures under labels.
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { hex, join, littleNumber, same, text, u8 } from './bytes.mjs';
import { demand, refuse } from './refusal.mjs';

const { Point } = ed25519;
const order = Point.Fn.ORDER;

export const publicKey = (seed) => ed25519.getPublicKey(seed);

const keys = new Map();

/** The point of a key that may be used; any other key is malformed. */
function keyPoint(key) {
  const name = hex(key);
  if (!keys.has(name)) keys.set(name, decodeKey(key));
  return keys.get(name) ?? refuse('malformed');
}

function decodeKey(key) {
  try {
    const point = Point.fromBytes(key, false);
    return point.isSmallOrder() || !point.isTorsionFree() ? null : point;
  } catch {
    return null;
  }
}

export const checkKey = (key) => void keyPoint(key);

function holds(key, message, signature) {
  const a = keyPoint(key);
  if (signature.length !== 64) return false;
  const [encodedR, s] = [signature.slice(0, 32), littleNumber(signature.slice(32))];
  if (s >= order) return false;
  const k = littleNumber(sha512(join(encodedR, key, message))) % order;
  const r = Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k));
  // the one canonical encoding of a point is none of small order if the point is not
  return same(r.toBytes(), encodedR) && !r.isSmallOrder();
}

const signed = new Map();

/** Whether the signature of these bytes holds. Asked twice, it answers from memory. */
export function verifies(key, message, signature) {
  const name = hex(sha512(join(key, u8(signature.length), signature, message)));
  if (!signed.has(name)) signed.set(name, holds(key, message, signature));
  return signed.get(name);
}

export const signBytes = (seed, message) => ed25519.sign(message, seed);

export const underLabel = (label, body) => join(text(label), u8(0), body);

export const sign = (seed, label, body) => signBytes(seed, underLabel(label, body));

export const check = (key, label, body, signature, word) =>
  demand(verifies(key, underLabel(label, body), signature), word);
