// §4: epoch keys, and the way back from one to the one before.
import { same } from './bytes.mjs';
import { derivedBox, hkdf } from './primitives.mjs';
import { demand, orRefuse } from './refusal.mjs';
import { encode } from './structure.mjs';

export const epochCommitInfo = (account, epoch) => encode('epochCommit', { account, epoch });
export const epochCommit = (account, epoch, key) => hkdf(key, epochCommitInfo(account, epoch), 32);

export const previousKeyContext = (account, epoch, previous, commitOfPrevious) =>
  encode('previousEpochKey', { account, e: epoch, p: previous, epochCommitOfP: commitOfPrevious });

/** The key of the epoch before, which must be the one that its own commitment tells. */
export function openPreviousKey(account, epoch, key, previous, commit, sealed) {
  const context = previousKeyContext(account, epoch, previous, commit);
  const before = orRefuse('unsound-epoch', () => derivedBox.open(key, context, sealed));
  demand(before.length === 32 && same(epochCommit(account, previous, before), commit), 'unsound-epoch');
  return before;
}

/** The keys along the path, from the newest epoch down to 1. */
export function keysAlongPath(chain, newestKey) {
  const keys = new Map([[chain.epoch, newestKey]]);
  let [epoch, key] = [chain.epoch, newestKey];
  while (epoch !== 1) {
    const { previous } = chain.begun.get(epoch);
    const { commit } = chain.begun.get(previous);
    const link = chain.links.find((other) => other.epoch === epoch);
    key = openPreviousKey(chain.account, epoch, key, previous, commit, link.previousEpochKey);
    keys.set(previous, key);
    epoch = previous;
  }
  return keys;
}
