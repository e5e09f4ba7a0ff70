// §17: leaves, signed notes, checkpoints, proofs and policies of logs.
import { readLeaf, writeLeaf } from '../audit-leaf.mjs';
import { text, utf8 } from '../bytes.mjs';
import {
  accept, checkProof, checkpointText, cosign, isCosignedBy, isSignedBy, keyOf, leafHash, openCheckpoint, path, readKey,
  readNote, readPolicy, readProof, signNote, treeHash, type, writeKey, writeNote, writeProof,
} from '../log.mjs';
import { demand, orRefuse } from '../refusal.mjs';
import { demandTold } from './told.mjs';

const keyText = (name, byte, seed) => writeKey(keyOf(name, byte, seed));

export const leaves = {
  texts: ['network'],
  write: writeLeaf,
  read(told) {
    const { account, time, event, role, actor, network, leafHash: hash } = readLeaf(told.leaf, told.detail, told.salt);
    demandTold(told, { account, time, event, role, actor, network, leafHash: hash }, 'differs');
  },
};

export const signedNotes = {
  texts: ['verifierKey'],
  write({ seed, name, text: bytes }) {
    const string = orRefuse('malformed', () => utf8(bytes));
    return {
      verifierKey: keyText(name, type.ed25519, seed), note: writeNote(signNote(string, name, seed)),
    };
  },
  read(told) {
    const key = readKey(told.verifierKey, type.ed25519);
    const note = readNote(told.note);
    demand(isSignedBy(note, key), 'wrong-signature');
    demandTold(told, { text: text(note.text) }, 'differs');
  },
};

export const checkpoints = {
  texts: ['verifierKey', 'witnessKey', 'witnessName'],
  write({ seed, origin, size, root, witnessSeed, witnessName, time }) {
    const note = signNote(checkpointText(origin, size, root), origin, seed);
    return {
      verifierKey: keyText(origin, type.ed25519, seed),
      witnessKey: keyText(witnessName, type.cosignature, witnessSeed),
      checkpoint: writeNote(cosign(note, time, witnessName, witnessSeed)),
    };
  },
  read(told) {
    const [log, witness] = [readKey(told.verifierKey, type.ed25519), readKey(told.witnessKey, type.cosignature)];
    const note = readNote(told.checkpoint);
    const { size, root } = openCheckpoint(note, log);
    demand(isCosignedBy(note, witness), 'wrong-signature');
    demandTold(told, { size: Number(size), root }, 'differs');
  },
};

export const tlogProofs = {
  texts: ['verifierKey'],
  write({ seed, origin, leaves, index, extra }) {
    const root = treeHash(leaves);
    const note = signNote(checkpointText(origin, leaves.length, root), origin, seed);
    return {
      verifierKey: keyText(origin, type.ed25519, seed), root,
      proof: writeProof(extra, index, path(index, leaves), note),
    };
  },
  read(told) {
    const proof = readProof(told.proof);
    const root = checkProof(proof, leafHash(told.leaves[told.index]), readKey(told.verifierKey, type.ed25519));
    demandTold(told, { extra: proof.extra, root }, 'differs');
  },
};

export const logPolicies = {
  texts: ['logs', 'witnesses'],
  write: ({ policy, note }) => judge(policy, note),
  read: (told) => demandTold(told, judge(told.policy, told.note), 'differs'),
};

function judge(file, bytes) {
  const policy = readPolicy(file);
  const { root } = accept(policy, readNote(bytes));
  return { logs: policy.logs.map(writeKey), witnesses: policy.witnesses.map(writeKey), root };
}
