// §1.2, §2, §4, §8: signatures, names, epoch keys and keysets, recovery codes.
import { accountId, accountPreimage } from '../account-id.mjs';
import { compare } from '../bytes.mjs';
import { check, checkKey, publicKey, sign, underLabel } from '../ed25519.mjs';
import { epochCommit, epochCommitInfo, openPreviousKey, previousKeyContext } from '../epoch.mjs';
import { kemKey } from '../hpke-xwing.mjs';
import {
  openOwnSeal, readKeyset, seal, sealInfo, sealRandomness, sealRandomnessInfo, writeKeyset, wrongSeals,
} from '../keyset.mjs';
import { derivedBox, sha256 } from '../primitives.mjs';
import { formatCode, readCode, slotOfCode } from '../recovery-code.mjs';
import { demand } from '../refusal.mjs';
import { demandTold } from './told.mjs';

export const signature = {
  write: ({ seed, label, body }) =>
    ({ publicKey: publicKey(seed), signed: underLabel(label, body), signature: sign(seed, label, body) }),
  read(told) {
    checkKey(told.publicKey);
    check(told.publicKey, told.label, told.body, told.signature, 'wrong-signature');
    demandTold(told, { signed: underLabel(told.label, told.body) }, 'wrong-signature');
  },
};

export const accountIds = {
  write({ appId, signingKey, kemKeyHash, nonce }) {
    const parts = [appId, signingKey, kemKeyHash, nonce];
    return { hashed: accountPreimage(...parts), accountId: accountId(...parts) };
  },
  read: (told) => demandTold(told, accountIds.write(told), 'other-beginning'),
};

export const epochCommits = {
  write: ({ account, epoch, epochKey }) =>
    ({ info: epochCommitInfo(account, epoch), epochCommit: epochCommit(account, epoch, epochKey) }),
  read: (told) => demandTold(told, epochCommits.write(told), 'epoch-commit'),
};

export const previousEpochKeys = {
  write({ account, epoch, previousEpoch, epochKey, keyBefore }) {
    const previousEpochCommit = epochCommit(account, previousEpoch, keyBefore);
    const infoAndAad = previousKeyContext(account, epoch, previousEpoch, previousEpochCommit);
    const { key: wrapKey, nonce } = derivedBox.keys(epochKey, infoAndAad);
    return {
      previousEpochCommit, infoAndAad, wrapKey, nonce,
      previousEpochKey: derivedBox.seal(epochKey, infoAndAad, keyBefore),
    };
  },
  read(told) {
    const { account, epoch, previousEpoch, epochKey, previousEpochCommit, previousEpochKey } = told;
    const before =
      openPreviousKey(account, epoch, epochKey, previousEpoch, previousEpochCommit, previousEpochKey);
    demandTold(told, { keyBefore: before, ...previousEpochKeys.write({ ...told, keyBefore: before }) },
      'unsound-epoch');
  },
};

export const keysets = {
  write({ account, epoch, epochKey, recipients }) {
    const sorted = recipients.map(({ id, kemSeed }) => ({ id, kemKey: kemKey(kemSeed) }))
      .sort((a, b) => compare(a.id, b.id));
    const keyset = writeKeyset(account, epoch, epochKey, sorted);
    return {
      entries: sorted.map(({ id, kemKey: key }) => ({
        id, kemKey: key, kemKeyHash: sha256(key), info: sealInfo(account, epoch, id),
        randomnessInfo: sealRandomnessInfo(account, epoch, id, key),
        randomness: sealRandomness(account, epoch, id, key, epochKey),
        seal: seal(account, epoch, id, key, epochKey),
      })),
      epochCommit: epochCommit(account, epoch, epochKey),
      keyset,
      keysetHash: sha256(keyset),
    };
  },
  read(told) {
    const keyset = readKeyset(told.keyset);
    for (const { id, kemSeed } of told.recipients) {
      const epochKey = openOwnSeal([keyset], id, kemSeed, told.epochCommit);
      demandTold(told, { epochKey }, 'own-seal');
      demand(wrongSeals(keyset, epochKey).length === 0, 'other-seal');
    }
    demandTold(told, { account: keyset.account, epoch: keyset.epoch, keysetHash: keyset.hash }, 'keyset-hash');
  },
};

export const codeSlots = {
  write({ entropy }) {
    const { id, signingSeed, signingKey, kemSeed, kemKey: key } = slotOfCode(entropy);
    return {
      code: formatCode(entropy), slotId: id, slotIdDerived: id, signingSeed, signingKey, kemSeed,
      kemKeyHash: sha256(key),
    };
  },
  read(told) {
    const entropy = readCode(told.code);
    if (told.typed !== undefined) demandTold(told, { entropy: readCode(told.typed) }, 'differs');
    const { code: _, ...derived } = codeSlots.write({ entropy });
    demandTold(told, { entropy, ...derived }, 'differs');
  },
};

/** recovery-code.json has one list, of what a second implementation computed. */
export const recoveryCodes = {
  write(inputs) {
    const { code, slotId, signingKey, kemKeyHash } = codeSlots.write(inputs);
    return { code, slotId, signingKey, kemKeyHash };
  },
  read: codeSlots.read,
};
