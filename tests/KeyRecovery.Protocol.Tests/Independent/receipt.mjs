// §15.1: the receipt of an erasure.
import { checkAppId } from './account-id.mjs';
import { same } from './bytes.mjs';
import { check, sign } from './ed25519.mjs';
import { sha256 } from './primitives.mjs';
import { demand } from './refusal.mjs';
import { decode, encode } from './structure.mjs';

const label = 'keyrecovery/v1/erasure-receipt';
const proof = { keyRow: 1, rowsDeleted: 3, kekDestroyed: 5, noBackup: 6 };
const highest = { proof: 6, requestedBy: 2 };

export const subjectOf = (id, account) => sha256(encode('erasureSubject', { id, account }));

export function writeReceipt(fields, auditSeed) {
  const body = encode('erasureReceipt', { ...fields, subject: subjectOf(fields.id, fields.account) });
  return { body, receipt: encode('receipt', { body, signature: sign(auditSeed, label, body) }) };
}

export function readReceipt(bytes, auditKey, account) {
  const { body, signature } = decode('receipt', bytes);
  const receipt = decode('erasureReceipt', body);
  checkAppId(receipt.app);
  checkProofs(receipt);
  check(auditKey, label, body, signature, 'wrong-signature');
  demand(same(receipt.subject, subjectOf(receipt.id, account)), 'other-account');
  return receipt;
}

function checkProofs({ level, requestedBy, kek, kekDestroyedAt, proofs }) {
  demand(level === 1 || level === 2, 'malformed');
  demand(requestedBy >= 1 && requestedBy <= highest.requestedBy && kek >= 1, 'malformed');
  demand(proofs.every((one, at) => one > (proofs[at - 1] ?? 0) && one <= highest.proof), 'malformed');
  const has = (one) => proofs.includes(one);
  demand(has(proof.keyRow) && has(proof.rowsDeleted), 'malformed');
  const ofLevel2 = [kekDestroyedAt > 0, has(proof.kekDestroyed), has(proof.noBackup)];
  demand(ofLevel2.every((holds) => holds === (level === 2)), 'malformed');
}
