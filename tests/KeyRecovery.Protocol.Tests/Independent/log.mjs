// §17: notes, checkpoints, proofs and policies of logs, after the pages of C2SP and RFC 6962 §2.1 themselves.
import { base64, big, bigNumber, hex, join, same, text, u8, utf8 } from './bytes.mjs';
import { checkKey, publicKey, signBytes, verifies } from './ed25519.mjs';
import { sha256 } from './primitives.mjs';
import { demand, orRefuse } from './refusal.mjs';

export const type = { ed25519: 1, cosignature: 4 };

const most = { note: 65536, proof: 131072, policy: 65536, signatures: 100, hashes: 63, name: 255, ofEach: 256 };
const largest = 2n ** 63n - 1n;
const first = 'c2sp.org/tlog-proof@v1';

const strictUtf8 = (bytes) => orRefuse('malformed', () => utf8(bytes));

function unbase64(spelling) {
  const bytes = Uint8Array.from(Buffer.from(spelling, 'base64'));
  demand(base64(bytes) === spelling, 'malformed');
  return bytes;
}

function readNumber(spelling) {
  demand(/^(0|[1-9][0-9]*)$/.test(spelling) && BigInt(spelling) <= largest, 'malformed');
  return BigInt(spelling);
}

function readHash(spelling) {
  const hash = unbase64(spelling);
  demand(hash.length === 32, 'malformed');
  return hash;
}

// Keys

const isName = (name) => name.length > 0 && !/[\p{White_Space}\0-\x1f+]/u.test(name);

const keyId = ({ name, type: byte, key }) => sha256(join(text(name), u8(10), u8(byte), key)).slice(0, 4);

export const writeKey = (key) => `${key.name}+${hex(keyId(key))}+${base64(join(u8(key.type), key.key))}`;

export function readKey(spelling, due) {
  const [name, id, ...rest] = spelling.split('+');
  demand(isName(name) && !/\p{Cc}/u.test(name) && text(name).length <= most.name, 'malformed');
  demand(rest.length > 0, 'malformed');
  const bytes = unbase64(rest.join('+'));
  demand(bytes.length === 33 && bytes[0] === due, 'malformed');
  const key = { name, type: due, key: bytes.slice(1) };
  checkKey(key.key);
  demand(id === hex(keyId(key)), 'malformed');
  return key;
}

export const keyOf = (name, byte, seed) => ({ name, type: byte, key: publicKey(seed) });

// Notes

const line = ({ name, id, signature }) => `\u2014 ${name} ${base64(join(id, signature))}\n`;

const encodeNote = (note) => text(`${note.text}\n${note.signatures.map(line).join('')}`);

const isNoteText = (string) => string.endsWith('\n') && !/[\0-\x09\x0b-\x1f]/.test(string);

export function signNote(string, name, seed) {
  demand(isNoteText(string) && isName(name), 'malformed');
  const id = keyId(keyOf(name, type.ed25519, seed));
  return { text: string, signatures: [{ name, id, signature: signBytes(seed, text(string)) }] };
}

export function readNote(bytes) {
  demand(bytes.length <= most.note, 'malformed');
  const all = strictUtf8(bytes);
  const end = all.lastIndexOf('\n\n');
  const lines = all.slice(end + 2).split('\n');
  demand(end >= 0 && lines.pop() === '' && isNoteText(all.slice(0, end + 1)), 'malformed');
  demand(lines.length >= 1 && lines.length <= most.signatures, 'malformed');
  return { text: all.slice(0, end + 1), signatures: lines.map(readLine) };
}

function readLine(spelling) {
  const [dash, name, encoded, ...more] = spelling.split(' ');
  demand(dash === '\u2014' && encoded !== undefined && more.length === 0 && isName(name), 'malformed');
  const bytes = unbase64(encoded);
  demand(bytes.length > 4, 'malformed');
  return { name, id: bytes.slice(0, 4), signature: bytes.slice(4) };
}

const signaturesOf = (note, key) =>
  note.signatures.filter(({ name, id }) => name === key.name && same(id, keyId(key)));

export function isSignedBy(note, key) {
  const own = signaturesOf(note, key);
  return own.length > 0 && own.every(({ signature }) => verifies(key.key, text(note.text), signature));
}

const cosigned = (time, string) => text(`cosignature/v1\ntime ${time}\n${string}`);

export function cosign(note, time, name, seed) {
  const id = keyId(keyOf(name, type.cosignature, seed));
  const signature = join(big(time, 8), signBytes(seed, cosigned(time, note.text)));
  return { ...note, signatures: [...note.signatures, { name, id, signature }] };
}

export function isCosignedBy(note, key) {
  const own = signaturesOf(note, key);
  return own.length > 0 && own.every(({ signature }) => {
    const time = bigNumber(signature.slice(0, 8));
    return signature.length === 72 && time <= largest
      && verifies(key.key, cosigned(time, note.text), signature.slice(8));
  });
}

// Checkpoints

export const checkpointText = (origin, size, root) => `${origin}\n${size}\n${base64(root)}\n`;

export function readCheckpoint(string) {
  const lines = string.split('\n');
  demand(lines.pop() === '' && lines.length >= 3 && lines.every((one) => one !== ''), 'malformed');
  const [origin, size, root] = [lines[0], readNumber(lines[1]), readHash(lines[2])];
  demand(size > 0n || same(root, treeHash([])), 'malformed');
  return { origin, size, root };
}

/** The checkpoint of a log's note. */
export function openCheckpoint(note, log) {
  demand(isSignedBy(note, log), 'wrong-signature');
  const checkpoint = readCheckpoint(note.text);
  demand(checkpoint.origin === log.name, 'other-log');
  return checkpoint;
}

export const writeNote = encodeNote;

// The tree: RFC 6962 §2.1, word for word.

export const leafHash = (leaf) => sha256(join(u8(0), leaf));

const nodeHash = (left, right) => sha256(join(u8(1), left, right));

function half(count) {
  let k = 1;
  while (2 * k < count) k *= 2;
  return k;
}

export function treeHash(leaves) {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return leafHash(leaves[0]);
  const k = half(leaves.length);
  return nodeHash(treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

export function path(index, leaves) {
  if (leaves.length <= 1) return [];
  const k = half(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return index < k ? [...path(index, left), treeHash(right)] : [...path(index - k, right), treeHash(left)];
}

/** The root to which a proof leads; undefined where it is too short or too long. */
function rootBy(hash, index, size, proof) {
  if (size === 1n) return proof.length === 0 ? hash : undefined;
  if (proof.length === 0) return undefined;
  let k = 1n;
  while (2n * k < size) k *= 2n;
  const [below, last] = [proof.slice(0, -1), proof.at(-1)];
  const inner = index < k ? rootBy(hash, index, k, below) : rootBy(hash, index - k, size - k, below);
  if (inner === undefined) return undefined;
  return index < k ? nodeHash(inner, last) : nodeHash(last, inner);
}

// Proofs

export function writeProof(extra, index, hashes, note) {
  const head = [first, ...extra.length > 0 ? [`extra ${base64(extra)}`] : [], `index ${index}`, ...hashes.map(base64)];
  return join(text(`${head.join('\n')}\n\n`), encodeNote(note));
}

export function readProof(bytes) {
  demand(bytes.length <= most.proof, 'malformed');
  const end = Buffer.from(bytes).indexOf('\n\n');
  demand(end >= 0, 'malformed');
  const [head, ...lines] = strictUtf8(bytes.slice(0, end)).split('\n');
  demand(head === first, 'malformed');
  let extra = new Uint8Array(0);
  if (lines[0]?.startsWith('extra ')) {
    extra = unbase64(lines.shift().slice(6));
    demand(extra.length > 0, 'malformed');
  }
  const [index, ...hashes] = lines;
  demand(index?.startsWith('index ') && hashes.length <= most.hashes, 'malformed');
  return {
    extra, index: readNumber(index.slice(6)), hashes: hashes.map(readHash), note: readNote(bytes.slice(end + 2)),
  };
}

export function checkProof({ index, hashes, note }, leaf, log) {
  const { size, root } = openCheckpoint(note, log);
  demand(index < size, 'wrong-proof');
  const reached = rootBy(leaf, index, size, hashes);
  demand(reached !== undefined && same(reached, root), 'wrong-proof');
  return root;
}

// Policies

const takes = {
  log(policy, spelling, url, ...more) {
    demand(spelling !== undefined && more.length === 0 && policy.logs.length < most.ofEach, 'malformed');
    policy.logs.push(addKey(policy.logs, spelling, type.ed25519));
  },
  witness(policy, name, spelling, url, ...more) {
    demand(spelling !== undefined && more.length === 0 && policy.witnesses.length < most.ofEach, 'malformed');
    const key = addKey(policy.witnesses, spelling, type.cosignature);
    policy.witnesses.push(key);
    define(policy, name, (note) => isCosignedBy(note, key));
  },
  group(policy, name, least, ...members) {
    demand(members.length > 0 && policy.groups++ < most.ofEach, 'malformed');
    for (const member of members) {
      demand(policy.rules.has(member) && !policy.members.has(member), 'malformed');
      policy.members.add(member);
    }
    const k = { any: 1n, all: BigInt(members.length) }[least] ?? readNumber(least);
    demand(k >= 1n && k <= BigInt(members.length), 'malformed');
    const rules = members.map((member) => policy.rules.get(member));
    define(policy, name, (note) => BigInt(rules.filter((rule) => rule(note)).length) >= k);
  },
  quorum(policy, name, ...more) {
    demand(name !== undefined && more.length === 0 && policy.quorum === undefined, 'malformed');
    policy.quorum = name === 'none' ? () => true : policy.rules.get(name);
    demand(policy.quorum !== undefined, 'malformed');
  },
};

function addKey(keys, spelling, due) {
  const key = readKey(strictUtf8(Buffer.from(spelling, 'latin1')), due);
  demand(!keys.some((other) => same(other.key, key.key)), 'malformed');
  return key;
}

function define(policy, name, rule) {
  demand(name !== 'none' && !policy.rules.has(name), 'malformed');
  policy.rules.set(name, rule);
}

export function readPolicy(bytes) {
  const file = Buffer.from(bytes).toString('latin1');
  demand(bytes.length <= most.policy && file.endsWith('\n'), 'malformed');
  demand(!/[\0-\x08\x0b-\x1f\x7f]/.test(file), 'malformed');
  const policy = { logs: [], witnesses: [], groups: 0, rules: new Map(), members: new Set(), quorum: undefined };
  for (const one of file.split('\n')) {
    const [word, ...rest] = one.split(/[ \t]+/).filter((part) => part !== '');
    if (word === undefined || word.startsWith('#')) continue;
    demand(Object.hasOwn(takes, word), 'malformed');
    takes[word](policy, ...rest);
  }
  demand(policy.quorum !== undefined, 'malformed');
  return policy;
}

/** The checkpoint of a note that a policy takes. */
export function accept(policy, note) {
  const log = policy.logs.find((key) => isSignedBy(note, key));
  demand(log !== undefined && policy.quorum(note), 'not-accepted');
  return orRefuse('not-accepted', () => openCheckpoint(note, log));
}
