// §4: the keyset of a link: the epoch key, sealed to each authority that it brings.
import { ascending, empty, same } from './bytes.mjs';
import { epochCommit } from './epoch.mjs';
import { checkKemKey, hpkeOpen, hpkeSeal } from './hpke-xwing.mjs';
import { hkdf, sha256 } from './primitives.mjs';
import { demand, orRefuse } from './refusal.mjs';
import { decode, encode } from './structure.mjs';

export const sealInfo = (account, epoch, id) => encode('epochSeal', { account, epoch, id });
export const sealRandomnessInfo = (account, epoch, id, kemKey) =>
  encode('epochSealRandomness', { account, epoch, id, kemKeyHash: sha256(kemKey) });

export const sealRandomness = (account, epoch, id, kemKey, key) =>
  hkdf(key, sealRandomnessInfo(account, epoch, id, kemKey), 64);

export function seal(account, epoch, id, kemKey, key) {
  const randomness = sealRandomness(account, epoch, id, kemKey, key);
  return hpkeSeal(kemKey, sealInfo(account, epoch, id), empty, key, randomness);
}

/** A keyset is a function of the epoch key and of those to whom it goes. */
export function writeKeyset(account, epoch, key, recipients) {
  const entry = recipients.map(({ id, kemKey }) => ({ id, kemKey, seal: seal(account, epoch, id, kemKey, key) }));
  return encode('keyset', { account, epoch, entry });
}

export function readKeyset(bytes) {
  const keyset = decode('keyset', bytes);
  demand(keyset.entry.length > 0 && ascending(keyset.entry, ({ id }) => id), 'malformed');
  for (const { kemKey } of keyset.entry) checkKemKey(kemKey);
  return { ...keyset, bytes, hash: sha256(bytes) };
}

/** Opens the own seal of one of these keysets. */
export function openOwnSeal(keysets, ownId, kemSeed, commit) {
  const keyset = keysets.find(({ entry }) => entry.some(({ id }) => same(id, ownId)));
  demand(keyset, 'keyset-members');
  const { account, epoch, entry } = keyset;
  const own = entry.find(({ id }) => same(id, ownId));
  const key = orRefuse('own-seal', () => hpkeOpen(kemSeed, sealInfo(account, epoch, ownId), empty, own.seal));
  demand(key.length === 32, 'own-seal');
  demand(same(epochCommit(account, epoch, key), commit), 'epoch-commit');
  return key;
}

/** The ids of those whose seal is not what the epoch key makes it. */
export const wrongSeals = ({ account, epoch, entry }, key) =>
  entry.filter((one) => !same(one.seal, seal(account, epoch, one.id, one.kemKey, key))).map(({ id }) => id);
