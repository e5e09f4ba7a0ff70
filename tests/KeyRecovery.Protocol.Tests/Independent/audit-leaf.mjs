// §17: a leaf of the log, and the detail that it commits to.
import { join, same } from './bytes.mjs';
import { leafHash } from './log.mjs';
import { sha256 } from './primitives.mjs';
import { demand } from './refusal.mjs';
import { decode, encode } from './structure.mjs';

const highest = { event: 15, role: 4 };

const commit = (salt, detail) => sha256(join(salt, detail));

export function writeLeaf({ salt, leafLabel: label, chainSeq, chainHash, manifestVersion, manifestHash, ...fields }) {
  const detail = encode('auditDetail', {
    ...fields, label, list1: { chainSeq, chainHash }, list2: { manifestVersion, manifestHash },
  });
  const commitment = commit(salt, detail);
  const leaf = encode('auditLeaf', { ...fields, label, commitment });
  return { detail, commitment, leaf, leafHash: leafHash(leaf) };
}

function checkWords({ event, role }) {
  demand(event >= 1 && event <= highest.event && role >= 1 && role <= highest.role, 'malformed');
}

export function readLeaf(bytes, detailBytes, salt) {
  const leaf = decode('auditLeaf', bytes);
  checkWords(leaf);
  const detail = decode('auditDetail', detailBytes);
  checkWords(detail);
  const words = ['time', 'event', 'role'];
  demand(words.every((word) => leaf[word] === detail[word]) && same(leaf.label, detail.label)
    && same(leaf.policy, detail.policy), 'other-leaf');
  demand(same(leaf.commitment, commit(salt, detailBytes)), 'other-leaf');
  return { ...detail, leafHash: leafHash(bytes) };
}
