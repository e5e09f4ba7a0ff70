// §7: the head that a home server signs.
import { same } from './bytes.mjs';
import { sign, verifies, underLabel } from './ed25519.mjs';
import { demand } from './refusal.mjs';
import { isBelow } from './restored.mjs';
import { decode, encode } from './structure.mjs';

const label = 'keyrecovery/v1/head';
const mostBytes = 320;

export function writeHead(fields, homeSeed) {
  const body = encode('head', fields);
  const signature = sign(homeSeed, label, body);
  return { body, bytes: encode('signedHead', { head: body, signature }) };
}

export function readHead(bytes) {
  demand(bytes.length <= mostBytes, 'malformed');
  const { head: body, signature } = decode('signedHead', bytes);
  return { ...decode('head', body), body, signature, bytes };
}

export const checkHeadSignature = ({ body, signature }, homeKeys) =>
  demand(homeKeys.some((key) => verifies(key, underLabel(label, body), signature)), 'head-signature');

export function checkHeadIs(head, account, link, manifest) {
  demand(same(head.account, account), 'head-mismatch');
  demand(head.chainSeq === link.seq && same(head.chainHash, link.hash), 'head-mismatch');
  demand(head.manifestVersion === manifest.version && same(head.manifestHash, manifest.hash), 'head-mismatch');
  demand(same(head.trail, manifest.trail), 'head-mismatch');
}

/** Whether two heads of one home prove a lie: what they differ in, no claim explains. */
export function contradict(a, b, claims = []) {
  const difference = differenceOf(a, b);
  return difference !== null && !explain(claims, difference, a, b);
}

/** A restore between both, and this or another one, no later than both, from below what they differ in. */
export function explain(claims, difference, a, b) {
  const until = claims.filter(({ account, time }) => same(account, a.account) && time <= Math.max(a.time, b.time));
  return until.some((claim) => liesBetween(claim, a, b)) && until.some((claim) => isBelow(claim, difference));
}

export const liesBetween = ({ account, time }, a, b) =>
  same(account, a.account) && Math.min(a.time, b.time) < time && time <= Math.max(a.time, b.time);

/** The sequence and the version below which a claim has to be; null where both heads can be true. */
function differenceOf(a, b) {
  if (!same(a.account, b.account)) return null;
  const sameManifest = a.manifestVersion === b.manifestVersion && same(a.manifestHash, b.manifestHash);
  if (sameManifest) {
    const agree = a.chainSeq === b.chainSeq && same(a.chainHash, b.chainHash) && same(a.trail, b.trail);
    return agree ? null : { version: 0 };
  }
  const difference = {};
  if (a.chainSeq === b.chainSeq && !same(a.chainHash, b.chainHash)) difference.seq = a.chainSeq;
  if (a.manifestVersion === b.manifestVersion) difference.version = a.manifestVersion;
  if ('seq' in difference || 'version' in difference) return difference;
  const [older, newer] = a.manifestVersion < b.manifestVersion ? [a, b] : [b, a];
  return newer.chainSeq < older.chainSeq ? { seq: older.chainSeq } : null;
}
