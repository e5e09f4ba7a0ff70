// §13.1: the code that begins a link session, scanned or typed.
import { x25519 } from '@noble/curves/ed25519.js';
import { join, separators, text, u8 } from './bytes.mjs';
import { hkdf, secretBox, sha256, stretch } from './primitives.mjs';
import { demand, orRefuse, refuse } from './refusal.mjs';
import { encode } from './structure.mjs';

const suite = 1, payloadLength = 65;
const cost = { passes: 3, memoryKiB: 65536, lanes: 1 };
const alphabet45 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export function secretsOf(seed) {
  const derive = (name, length) => hkdf(seed, text(`keyrecovery/v1/link-${name}`), length);
  return { sessionId: derive('session-id', 16), joinToken: derive('join-token', 32), psk: derive('psk', 32) };
}

export const payloadOf = (sessionKey, seed) => join(u8(suite), x25519.getPublicKey(sessionKey), seed);

export function readPayload(payload) {
  demand(payload.length > 0, 'unreadable');
  demand(payload[0] === suite, 'unknown-version');
  demand(payload.length === payloadLength, 'unreadable');
  const key = payload.slice(1, 33);
  orRefuse('unsafe-key', () => x25519.getSharedSecret(new Uint8Array(32).fill(1), key));
  return { key, seed: payload.slice(33) };
}

export const qrOf = (payload) => `KRL1:${base45(payload)}`;

export function readQr(scanned) {
  const qr = scanned.trim();
  demand(qr.startsWith('KRL'), 'not-a-link-code');
  demand(qr.startsWith('KRL1:'), 'unknown-version');
  return readPayload(fromBase45(qr.slice(5)));
}

function base45(bytes) {
  let out = '';
  for (let at = 0; at < bytes.length; at += 2) {
    const pair = bytes.slice(at, at + 2);
    let value = pair.reduce((sum, byte) => sum * 256 + byte, 0);
    for (let digits = pair.length + 1; digits > 0; digits--, value = Math.floor(value / 45)) {
      out += alphabet45[value % 45];
    }
  }
  return out;
}

function fromBase45(string) {
  const bytes = [];
  for (let at = 0; at < string.length; at += 3) {
    const digits = [...string.slice(at, at + 3)].map((letter) => alphabet45.indexOf(letter));
    demand(digits.length > 1 && !digits.includes(-1), 'unreadable');
    const value = digits.reduceRight((sum, digit) => sum * 45 + digit, 0);
    demand(value < 256 ** (digits.length - 1), 'unreadable');
    bytes.push(...(digits.length === 3 ? [value >> 8, value & 255] : [value]));
  }
  return Uint8Array.from(bytes);
}

/** The low five bits of each of the first 16 random bytes. */
export function typedFrom(random) {
  const values = [...random.slice(0, 16)].map((byte) => byte & 31);
  return spaced([...values, checkOf(values)].map((value) => crockford[value]).join(''));
}

const spaced = (code) => code.match(/.{1,4}/g).join(' ');
const checkOf = (values) => values.reduce((sum, value, at) => sum + value * (at + 1), 0) % 31;

export function readTyped(told) {
  const folded = told.toUpperCase().replace(separators, '').replace(/[IL]/g, '1').replace(/O/g, '0');
  const values = [...folded].map((letter) => crockford.indexOf(letter));
  demand(!values.includes(-1), 'unreadable-character');
  demand(values.length === 17, 'wrong-length');
  demand(values[16] === checkOf(values.slice(0, 16)), 'mistyped');
  return { nameplate: folded.slice(0, 4), secret: folded.slice(4, 16), typed: spaced(folded) };
}

export const envelopeAad = (appId, nameplate) => encode('linkEnvelope', { appId, nameplate });

export async function envelopeKey(appId, { nameplate, secret }) {
  const salt = sha256(envelopeAad(appId, nameplate)).slice(0, 16);
  return hkdf(await stretch(text(secret), salt, cost), text('keyrecovery/v1/link-envelope'), 32);
}

export async function sealEnvelope(appId, code, payload, nonce) {
  return secretBox.seal(await envelopeKey(appId, code), envelopeAad(appId, code.nameplate), payload, nonce);
}

export async function openEnvelope(appId, code, envelope) {
  const key = await envelopeKey(appId, code);
  try {
    return secretBox.open(key, envelopeAad(appId, code.nameplate), envelope);
  } catch {
    return refuse('wrong-secret');
  }
}
