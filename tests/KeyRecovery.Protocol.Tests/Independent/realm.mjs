// §14.4: a realm's keys, guesses, and resets.
import { check, publicKey, sign } from './ed25519.mjs';
import { kemKey } from './hpke-xwing.mjs';
import { element } from './oprf.mjs';
import { sha256 } from './primitives.mjs';
import { decode, encode } from './structure.mjs';

const label = 'keyrecovery/v1/realm-reset';

const fingerprintOf = (signingKey, key) => sha256(encode('realm', { signingKey, kemKey: key }));

export function realmOf(signingSeed, kemSeed) {
  const [signingKey, key] = [publicKey(signingSeed), kemKey(kemSeed)];
  return { signingSeed, signingKey, kemSeed, kemKey: key, fingerprint: fingerprintOf(signingKey, key) };
}

export const writeEvaluate = (fields) => encode('realmEvaluate', fields);

export function readEvaluate(bytes) {
  const request = decode('realmEvaluate', bytes);
  element(request.blinded);
  return request;
}

export function writeReset(fields, seed) {
  const reset = encode('realmReset', fields);
  return encode('resetBody', { reset, signature: sign(seed, label, reset) });
}

export function readReset(bytes, slotKey) {
  const { reset, signature } = decode('resetBody', bytes);
  const fields = decode('realmReset', reset);
  check(slotKey, label, reset, signature, 'signature');
  return fields;
}
