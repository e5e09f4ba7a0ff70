// §14.4: what a slot, its devices and a realm say to each other.
import { empty, same } from './bytes.mjs';
import { check, checkKey, publicKey, sign } from './ed25519.mjs';
import { checkKemKey, hpkeOpen, hpkeSeal, kemKey } from './hpke-xwing.mjs';
import { element, scalar, shareKey } from './oprf.mjs';
import { sha256 } from './primitives.mjs';
import { demand, orRefuse } from './refusal.mjs';
import { decode, encode } from './structure.mjs';

const label = (name) => `keyrecovery/v1/realm-${name}`;
const action = { head: 5, key: 6 };
const last = { state: 4, action: 6, event: 8 };
const mostEvents = 64;

const fingerprintOf = (signingKey, key) => sha256(encode('realm', { signingKey, kemKey: key }));

export function realmOf(signingSeed, kemSeed) {
  const [signingKey, key] = [publicKey(signingSeed), kemKey(kemSeed)];
  return { signingSeed, signingKey, kemSeed, kemKey: key, fingerprint: fingerprintOf(signingKey, key) };
}

const registerInfo = ({ fingerprint }, slot) => encode('realmRegisterInfo', { realm: fingerprint, slot });

export function writeRegister(realm, registration, randomness) {
  checkKemKey(realm.kemKey);
  const { slot } = registration;
  const inner = encode('realmRegistration', registration);
  const sealed = hpkeSeal(realm.kemKey, registerInfo(realm, slot), empty, inner, randomness);
  return encode('realmRegister', { slot, sealed });
}

export function readRegister(bytes, realm) {
  const { slot, sealed } = decode('realmRegister', bytes);
  const inner = orRefuse('malformed', () => hpkeOpen(realm.kemSeed, registerInfo(realm, slot), empty, sealed));
  const registration = decode('realmRegistration', inner);
  demand(same(registration.slot, slot), 'malformed');
  checkKey(registration.signingKey);
  checkKey(registration.managementKey);
  demand(same(shareKey(scalar(registration.share)).toBytes(), registration.shareKey), 'malformed');
  return registration;
}

export const writeEvaluate = (fields) => encode('realmEvaluate', fields);

export function readEvaluate(bytes) {
  const request = decode('realmEvaluate', bytes);
  element(request.blinded);
  return request;
}

export function writeReset(fields, seed) {
  const reset = encode('realmReset', fields);
  return encode('resetBody', { reset, signature: sign(seed, label('reset'), reset) });
}

export function readReset(bytes, slotKey) {
  const { reset, signature } = decode('resetBody', bytes);
  const fields = decode('realmReset', reset);
  check(slotKey, label('reset'), reset, signature, 'signature');
  return fields;
}

export function writeManage(fields, seed) {
  const command = { headSequence: 0, headHash: empty, managementKey: empty, ...fields };
  const manage = encode('realmManage', command);
  return encode('manageBody', { manage, signature: sign(seed, label('manage'), manage) });
}

export function readManage(bytes, managementKey) {
  const { manage, signature } = decode('manageBody', bytes);
  const fields = decode('realmManage', manage);
  demand(fields.action >= 1 && fields.action <= last.action, 'malformed');
  demand((fields.headHash.length > 0) === (fields.action === action.head), 'malformed');
  demand(fields.action === action.head || fields.headSequence === 0, 'malformed');
  demand((fields.managementKey.length > 0) === (fields.action === action.key), 'malformed');
  if (fields.managementKey.length > 0) checkKey(fields.managementKey);
  check(managementKey, label('manage'), manage, signature, 'signature');
  return fields;
}

export function writeAnswer({ events, ...fields }, signingSeed) {
  const status = encode('realmStatus', { ...fields, list1: events });
  return encode('answer', { status, signature: sign(signingSeed, label('status'), status) });
}

export function readAnswer(bytes, realm, slot, request) {
  const { status, signature } = decode('answer', bytes);
  check(realm.signingKey, label('status'), status, signature, 'signature');
  const { list1: events, ...fields } = decode('realmStatus', status);
  demand(fields.state >= 1 && fields.state <= last.state && events.length <= mostEvents, 'malformed');
  demand(events.every(({ event }) => event >= 1 && event <= last.event), 'upgrade-required');
  demand(fields.headHash.length > 0 || fields.headSequence === 0, 'malformed');
  const isMeant = same(fields.realm, realm.fingerprint) && same(fields.slot, slot);
  demand(isMeant && same(fields.request, sha256(request)), 'other-request');
  return { ...fields, events };
}
