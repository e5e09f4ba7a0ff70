// §1: X-Wing (draft-connolly-cfrg-xwing-kem) and HPKE (RFC 9180) over it, one message a key.
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { expand, extract } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { sha3_256, shake256 } from '@noble/hashes/sha3.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { big, empty, join, text, u8 } from './bytes.mjs';
import { demand, orRefuse } from './refusal.mjs';

const label = text('\\.//^\\');
const anyScalar = new Uint8Array(32).fill(1);
const [q, kemBytes, cipherBytes] = [3329, 1184, 1088];

const encapsulationLength = 1120;

function expandSeed(seed) {
  const all = shake256(seed, { dkLen: 96 });
  const { publicKey, secretKey } = ml_kem768.keygen(all.slice(0, 64));
  const x = all.slice(64);
  return { secretKey, x, publicKey: join(publicKey, x25519.getPublicKey(x)) };
}

export const kemKey = (seed) => expandSeed(seed).publicKey;

/** Refuses coefficients of q or more, and an X25519 part of small order. */
export function checkKemKey(key) {
  demand(key.length === 1216, 'malformed');
  for (let at = 0; at < 1152; at += 3) {
    const [a, b, c] = key.slice(at, at + 3);
    demand(a + ((b & 15) << 8) < q && (b >> 4) + (c << 4) < q, 'malformed');
  }
  orRefuse('malformed', () => x25519.getSharedSecret(anyScalar, key.slice(kemBytes)));
}


const combine = (m, x, cipherX, keyX) => sha3_256(join(m, x, cipherX, keyX, label));

function encapsulate(key, randomness) {
  checkKemKey(key);
  const [keyM, keyX] = [key.slice(0, kemBytes), key.slice(kemBytes)];
  const { cipherText, sharedSecret } = ml_kem768.encapsulate(keyM, randomness.slice(0, 32));
  const ephemeral = randomness.slice(32);
  const cipherX = x25519.getPublicKey(ephemeral);
  const secret = combine(sharedSecret, x25519.getSharedSecret(ephemeral, keyX), cipherX, keyX);
  return { secret, encapsulation: join(cipherText, cipherX) };
}

function decapsulate(seed, encapsulation) {
  const { secretKey, x, publicKey } = expandSeed(seed);
  const [cipherM, cipherX] = [encapsulation.slice(0, cipherBytes), encapsulation.slice(cipherBytes)];
  const secretX = x25519.getSharedSecret(x, cipherX);
  return combine(ml_kem768.decapsulate(cipherM, secretKey), secretX, cipherX, publicKey.slice(kemBytes));
}

const suite = join(text('HPKE'), big(0x647a, 2), big(0x0001, 2), big(0x0003, 2));
const labeled = (name, input) => join(text('HPKE-v1'), suite, text(name), input);
const labeledExtract = (salt, name, input) => extract(sha256, labeled(name, input), salt);
const labeledExpand = (prk, name, info, length) =>
  expand(sha256, prk, join(big(length, 2), labeled(name, info)), length);

/** The key schedule of base mode. The KEM's secret goes into it as it is. */
function cipher(secret, info, aad) {
  const context =
    join(u8(0), labeledExtract(empty, 'psk_id_hash', empty), labeledExtract(empty, 'info_hash', info));
  const prk = labeledExtract(secret, 'secret', empty);
  const key = labeledExpand(prk, 'key', context, 32);
  return chacha20poly1305(key, labeledExpand(prk, 'base_nonce', context, 12), aad);
}

export function hpkeSeal(key, info, aad, plaintext, randomness) {
  const { secret, encapsulation } = encapsulate(key, randomness);
  return join(encapsulation, cipher(secret, info, aad).encrypt(plaintext));
}

export function hpkeOpen(seed, info, aad, sealed) {
  const secret = decapsulate(seed, sealed.slice(0, encapsulationLength));
  return cipher(secret, info, aad).decrypt(sealed.slice(encapsulationLength));
}
