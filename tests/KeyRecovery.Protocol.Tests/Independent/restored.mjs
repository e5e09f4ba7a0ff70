// §7, Claim: what a home server says of restores.
import { same } from './bytes.mjs';
import { sign, underLabel, verifies } from './ed25519.mjs';
import { demand } from './refusal.mjs';
import { decode, encode } from './structure.mjs';

const label = 'keyrecovery/v1/restored';
const most = { bytes: 192, claims: 16 };

export function writeRestored(fields, homeSeed) {
  const body = encode('restored', fields);
  return { body, bytes: encode('signedRestored', { restored: body, signature: sign(homeSeed, label, body) }) };
}

export function readRestored(bytes) {
  demand(bytes.length <= most.bytes, 'malformed');
  const { restored: body, signature } = decode('signedRestored', bytes);
  return { ...decode('restored', body), body, signature, bytes };
}

export function readClaims(list) {
  demand(list.length <= most.claims, 'malformed');
  return list.map(readRestored);
}

export const isSigned = ({ body, signature }, homeKeys) =>
  homeKeys.some((key) => verifies(key, underLabel(label, body), signature));

/** The newest of what is known and of what is told, less what is another account's or another home's. */
export function believed(known, told, account, homeKeys) {
  const news = told.filter((claim) => same(claim.account, account) && isSigned(claim, homeKeys));
  const all = [...known, ...news].filter(({ bytes }, at, list) =>
    list.findIndex((other) => same(other.bytes, bytes)) === at);
  return all.sort((a, b) => a.time - b.time).slice(-most.claims);
}

/** Whether a claim's place lies below a sequence and a version, of which either may be missing. */
export const isBelow = ({ chainSeq, manifestVersion }, { seq, version }) =>
  (seq === undefined || chainSeq < seq) && (version === undefined || manifestVersion < version);
