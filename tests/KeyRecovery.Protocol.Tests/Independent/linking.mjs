// §13.2, §13.3: what the devices say to each other, and what they check of it.
import { bigNumber, empty, join, same } from './bytes.mjs';
import { hpkeOpen, hpkeSeal } from './hpke-xwing.mjs';
import { device, readDraft } from './link.mjs';
import { pad, sha256, unpad } from './primitives.mjs';
import { demand, refuse } from './refusal.mjs';
import { decode, encode, labelOf } from './structure.mjs';

const partLength = 7168;
const messages = {
  commitment: 'commitment', digits: 'digits', 'wrong-digits': 'wrongDigits', reveal: 'reveal', offer: 'offer',
  possession: 'possession', committed: 'committed', ready: 'ready', bundle: 'bundle', received: 'received',
  abort: 'abort',
};

export const prologueOf = (appId, origin, sessionId) => encode('linkPrologue', { appId, origin, sessionId });
export const commitmentOf = (h, r) => sha256(encode('linkCommitment', { h, r }));

export function digitsOf(h, r) {
  const hash = sha256(encode('linkDigits', { h, r }));
  return (bigNumber(hash.slice(0, 8)) % 1000000n).toString().padStart(6, '0');
}

export function readMessage(bytes) {
  const name = messages[labelOf(bytes)] ?? refuse('malformed');
  return { is: name, ...decode(name, bytes) };
}

const bundleInfo = (account, deviceId, h) => encode('linkBundle', { account, deviceId, h });

export const sealBundle = (kemKey, account, deviceId, h, content, randomness) =>
  hpkeSeal(kemKey, bundleInfo(account, deviceId, h), empty, pad(content), randomness);

export const openBundle = (kemSeed, account, deviceId, h, bundle) =>
  unpad(hpkeOpen(kemSeed, bundleInfo(account, deviceId, h), empty, bundle));

export function partsOf(bundle) {
  const parts = [];
  for (let at = 0; at < bundle.length; at += partLength) parts.push(bundle.slice(at, at + partLength));
  return parts.map((part, index) => encode('bundle', { index, of: parts.length, 3: part }));
}

export function bundleOf(parts) {
  parts.forEach((part, at) => {
    demand(part.index === at && part.of === parts.length, 'malformed');
    demand(at === parts.length - 1 || part[3].length === partLength, 'malformed');
  });
  return join(...parts.map((part) => part[3]));
}

/** What N asks of the draft: it adds N and nobody else, and stands where the offer says. */
export function checkDraft(offer, own) {
  const draft = readDraft(offer.link);
  const [added] = draft.add;
  demand(draft.add.length === 1 && draft.remove.length === 0, 'draft');
  demand(added.kind === device && added.maxFormat === own.maxFormat && same(added.id, own.id), 'draft');
  demand(same(added.signingKey, own.signingKey) && same(added.kemKeyHash, sha256(own.kemKey)), 'draft');
  demand(same(draft.account, offer.account) && draft.seq === offer.chainSequence + 1, 'draft');
  demand(same(draft.prev, offer.chainHash), 'draft');
  return draft;
}
