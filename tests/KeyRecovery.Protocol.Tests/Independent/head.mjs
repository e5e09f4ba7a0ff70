// §7: the head that a home server signs.
import { same } from './bytes.mjs';
import { sign, verifies, underLabel } from './ed25519.mjs';
import { demand } from './refusal.mjs';
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

/** Whether two heads of one home prove a lie. */
export function contradict(a, b) {
  if (a.chainSeq === b.chainSeq && !same(a.chainHash, b.chainHash)) return true;
  if (a.manifestVersion === b.manifestVersion) {
    return !['manifestHash', 'chainHash', 'trail'].every((name) => same(a[name], b[name]));
  }
  const [older, newer] = a.manifestVersion < b.manifestVersion ? [a, b] : [b, a];
  return newer.chainSeq < older.chainSeq;
}
