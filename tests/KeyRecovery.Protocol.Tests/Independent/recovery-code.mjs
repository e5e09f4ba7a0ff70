// §8: a recovery code is 128 bits in Bech32m (BIP-350).
import { bigNumber, separators, text } from './bytes.mjs';
import { publicKey } from './ed25519.mjs';
import { kemKey } from './hpke-xwing.mjs';
import { hkdf } from './primitives.mjs';
import { demand, refuse } from './refusal.mjs';

const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const prefix = 'kr', bech32m = 0x2bc830a3;
const length = 32, checksumLength = 6;

function polymod(values) {
  const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
  let check = 1;
  for (const value of values) {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ value;
    generator.forEach((term, bit) => { if ((top >> bit) & 1) check ^= term; });
  }
  return check >>> 0;
}

const letters = [...text(prefix)];
const expanded = [...letters.map((letter) => letter >> 5), 0, ...letters.map((letter) => letter & 31)];
const holds = (values) => polymod([...expanded, ...values]) === bech32m;

export function formatCode(entropy) {
  let bits = bigNumber(entropy);
  const data = [];
  for (let at = 0; at < length - checksumLength; at++, bits >>= 5n) data.unshift(Number(bits & 31n));
  const check = polymod([...expanded, ...data, ...Array(checksumLength).fill(0)]) ^ bech32m;
  const values = [...data, ...Array.from({ length: checksumLength }, (_, at) => (check >> (25 - 5 * at)) & 31)];
  const code = values.map((value) => alphabet[value]).join('');
  return `${prefix}1 ${code.match(/.{4}/g).join(' ')}`;
}

/** The entropy that a person's text tells. */
export function readCode(told) {
  const composed = told.isWellFormed() ? told.normalize('NFKC') : told;
  const folded = composed.replace(/[A-Z]/g, (letter) => letter.toLowerCase()).replace(separators, '');
  const values = [...withoutNumbers(withoutPrefix(folded))].map((letter) => alphabet.indexOf(letter));
  demand(!values.includes(-1), 'unreadable-character');
  demand(values.length === length, 'wrong-length');
  if (!holds(values)) refuse(isTypo(values) ? 'typo' : 'unreadable');
  demand(values[0] >> 3 === 0, 'unknown-version');
  const bits = values.slice(0, -checksumLength).reduce((all, value) => (all << 5n) | BigInt(value), 0n);
  return Uint8Array.from(Buffer.from(bits.toString(16).padStart(32, '0'), 'hex'));
}

/** What stands before the prefix is a label where a whole code, with or without its numbers, ends the text. */
function withoutPrefix(told) {
  const whole = /^.*kr[1li](.{32})$/su.exec(told) ?? /^.*kr1((?:[1-8].{4}){8})$/su.exec(told);
  if (whole && (whole[1].length === length || isNumbered(whole[1]))) return whole[1];
  return told.replace(/^kr1/, '');
}

/** The kit's own numbers; no code has a 1. */
const isNumbered = (told) => told.length > 0 && told.length <= 40
  && [...told].every((character, at) => at % 5 !== 0 || character === `${1 + at / 5}`);

const withoutNumbers = (told) => isNumbered(told) ? told.replace(/.(.{0,4})/gsu, '$1') : told;

/** Whether one other character somewhere makes the checksum hold. */
function isTypo(values) {
  return values.some((_, at) => [...alphabet].some((_, value) => holds(values.with(at, value))));
}

export function slotOfCode(entropy) {
  const derive = (name, size) => hkdf(entropy, text(`keyrecovery/v1/code-slot-${name}`), size);
  const [signingSeed, kemSeed] = [derive('signing', 32), derive('kem', 32)];
  return {
    id: derive('id', 16), signingSeed, signingKey: publicKey(signingSeed), kemSeed, kemKey: kemKey(kemSeed),
  };
}
