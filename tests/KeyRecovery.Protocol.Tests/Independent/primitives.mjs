// §1: hashes, keys and boxes.
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { expand, extract, hkdf as anyHkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { argon2id } from 'hash-wasm';
import { big, bigNumber, empty, hex, join, zeros } from './bytes.mjs';
import { demand } from './refusal.mjs';

export { sha256 };

export const hkdf = (secret, info, length) => anyHkdf(sha512, secret, empty, info, length);
export const hkdfExtract = (salt, secret) => extract(sha512, secret, salt);
export const hkdfExpand = (prk, info, length) => expand(sha512, prk, info, length);
export const hmacSha256 = (key, message) => hmac(sha256, key, message);

export const secretBox = {
  overhead: 40,
  seal: (key, aad, plaintext, nonce) => join(nonce, xchacha20poly1305(key, nonce, aad).encrypt(plaintext)),
  open: (key, aad, sealed) => xchacha20poly1305(key, sealed.slice(0, 24), aad).decrypt(sealed.slice(24)),
};

export const derivedBox = {
  keys(secret, c) {
    const both = hkdf(secret, c, 56);
    return { key: both.slice(0, 32), nonce: both.slice(32) };
  },
  seal(secret, c, plaintext) {
    const { key, nonce } = this.keys(secret, c);
    return xchacha20poly1305(key, nonce, c).encrypt(plaintext);
  },
  open(secret, c, sealed) {
    const { key, nonce } = this.keys(secret, c);
    return xchacha20poly1305(key, nonce, c).decrypt(sealed);
  },
};

function padme(length) {
  const e = Math.floor(Math.log2(length));
  const unit = 2 ** (e - Math.floor(Math.log2(e)) - 1);
  return Math.ceil(length / unit) * unit;
}

const padded = (length) => padme(Math.max(256, 4 + length));

export function pad(content) {
  return join(big(content.length, 4), content, zeros(padded(content.length) - 4 - content.length));
}

export function unpad(all) {
  demand(all.length >= 4, 'malformed');
  const length = Number(bigNumber(all.slice(0, 4)));
  demand(all.length === padded(length), 'malformed');
  demand(all.slice(4 + length).every((byte) => byte === 0), 'malformed');
  return all.slice(4, 4 + length);
}

const stretched = new Map();

/** Argon2id, version 0x13, 32 bytes. Slow on purpose; asked twice for the same, it answers from memory. */
export async function stretch(password, salt, { passes, memoryKiB, lanes }) {
  const name = [hex(password), hex(salt), passes, memoryKiB, lanes].join();
  if (!stretched.has(name)) {
    stretched.set(name, await argon2id({
      password, salt, iterations: passes, memorySize: memoryKiB, parallelism: lanes, hashLength: 32,
      outputType: 'binary',
    }));
  }
  return stretched.get(name);
}
