// §13.2: Noise_NKpsk0_25519_ChaChaPoly_SHA256 (revision 34) with empty handshake payloads.
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { hmac } from '@noble/hashes/hmac.js';
import { empty, join, text, u8 } from './bytes.mjs';
import { sha256 } from './primitives.mjs';
import { orRefuse } from './refusal.mjs';

const protocol = text('Noise_NKpsk0_25519_ChaChaPoly_SHA256');
const keyLength = 32;

const hash = (key, input) => hmac(sha256, key, input);

function derive(chainingKey, input, count) {
  const secret = hash(chainingKey, input);
  const outputs = [];
  for (let at = 1; at <= count; at++) outputs.push(hash(secret, join(outputs.at(-1) ?? empty, u8(at))));
  return outputs;
}

class Cipher {
  #key;
  #count = 0n;

  constructor(key) {
    this.#key = key;
  }

  encrypt(plaintext, aad = empty) {
    return this.#next(aad).encrypt(plaintext);
  }

  decrypt(sealed, aad = empty) {
    return this.#next(aad).decrypt(sealed);
  }

  #next(aad) {
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setBigUint64(4, this.#count++, true);
    return chacha20poly1305(this.#key, nonce, aad);
  }
}

class Symmetric {
  hash = sha256(protocol);
  #chainingKey = this.hash;
  #cipher;

  mixHash(data) {
    this.hash = sha256(join(this.hash, data));
  }

  mixKey(input) {
    const [chainingKey, key] = derive(this.#chainingKey, input, 2);
    this.#chainingKey = chainingKey;
    this.#cipher = new Cipher(key);
  }

  mixKeyAndHash(input) {
    const [chainingKey, mixed, key] = derive(this.#chainingKey, input, 3);
    this.#chainingKey = chainingKey;
    this.mixHash(mixed);
    this.#cipher = new Cipher(key);
  }

  sealNothing() {
    const tag = this.#cipher.encrypt(empty, this.hash);
    this.mixHash(tag);
    return tag;
  }

  openNothing(tag) {
    this.#cipher.decrypt(tag, this.hash);
    this.mixHash(tag);
  }

  split() {
    return derive(this.#chainingKey, empty, 2).map((key) => new Cipher(key));
  }
}

/** One side of a handshake. `keys`: the psk, own ephemeral, and the responder's static key or its secret. */
export class Handshake {
  #symmetric = new Symmetric();
  #keys;

  constructor(prologue, keys) {
    this.#keys = keys;
    this.#symmetric.mixHash(prologue);
    this.#symmetric.mixHash(keys.responderKey ?? x25519.getPublicKey(keys.responderSecret));
  }

  /** The initiator's message: psk, e, es. */
  write1() {
    const { psk, ephemeral, responderKey } = this.#keys;
    this.#symmetric.mixKeyAndHash(psk);
    const e = this.#writeEphemeral();
    this.#symmetric.mixKey(x25519.getSharedSecret(ephemeral, responderKey));
    return join(e, this.#symmetric.sealNothing());
  }

  read1(message) {
    const { psk, responderSecret } = this.#keys;
    this.#symmetric.mixKeyAndHash(psk);
    return this.#read(message, responderSecret);
  }

  /** The responder's message: e, ee. */
  write2() {
    const e = this.#writeEphemeral();
    this.#symmetric.mixKey(x25519.getSharedSecret(this.#keys.ephemeral, this.#keys.other));
    return join(e, this.#symmetric.sealNothing());
  }

  read2(message) {
    return this.#read(message, this.#keys.ephemeral);
  }

  /** The handshake hash, and what carries messages from the initiator and from the responder. */
  finish() {
    const [fromInitiator, fromResponder] = this.#symmetric.split();
    return { hash: this.#symmetric.hash, fromInitiator, fromResponder };
  }

  #writeEphemeral() {
    const e = x25519.getPublicKey(this.#keys.ephemeral);
    this.#mixEphemeral(e);
    return e;
  }

  #mixEphemeral(e) {
    this.#symmetric.mixHash(e);
    this.#symmetric.mixKey(e);
  }

  #read(message, secret) {
    orRefuse('handshake', () => {
      this.#keys.other = message.slice(0, keyLength);
      this.#mixEphemeral(this.#keys.other);
      this.#symmetric.mixKey(x25519.getSharedSecret(secret, this.#keys.other));
      this.#symmetric.openNothing(message.slice(keyLength));
    });
  }
}
