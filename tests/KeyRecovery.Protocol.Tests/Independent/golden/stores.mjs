// §6, §7, §15: items, heads, commits, vaults, repairs, receipts.
import { publicKey } from '../ed25519.mjs';
import { readCommit, readRepair, writeCommit, writeRepair } from '../commit.mjs';
import { checkHeadSignature, contradict, readHead, writeHead } from '../head.mjs';
import { itemHeader, itemKey, itemKeyInfo, itemPlaintext, openItem, sealItem } from '../item.mjs';
import { pad, sha256 } from '../primitives.mjs';
import { readReceipt, subjectOf, writeReceipt } from '../receipt.mjs';
import { demand } from '../refusal.mjs';
import { isSigned, readClaims, readRestored, writeRestored } from '../restored.mjs';
import { readVault, verifyVault, writeVault } from '../vault.mjs';
import { demandTold } from './told.mjs';

export const items = {
  write({ epochKey, nonce, name, content, ...place }) {
    const { account, id } = place;
    const sealedItem = sealItem(place, epochKey, name, content, nonce);
    const plaintext = itemPlaintext(name, content);
    return {
      header: itemHeader(place), keyInfo: itemKeyInfo(account, id), key: itemKey(account, id, epochKey), plaintext,
      padded: pad(plaintext), sealedItem, size: sealedItem.length, hash: sha256(sealedItem),
    };
  },
  read(told) {
    const { previous, name, content } = openItem(told.sealedItem, told.account, told, told.epochKey);
    demandTold(told, { name }, 'item-name');
    demandTold(told, { previous, content }, 'differs');
  },
};

export const heads = {
  write({ homeSeed, otherHomeKey, later, restored: _, ...fields }) {
    const { body, bytes } = writeHead(fields, homeSeed);
    const { bytes: other } = writeHead({ ...fields, ...later }, homeSeed);
    return { body, homeKeys: [otherHomeKey, publicKey(homeSeed)], signedHead: bytes, other };
  },
  read(told) {
    const [head, other] = [told.signedHead, told.other].map((bytes) => bytes.length === 0 ? null : readHead(bytes));
    for (const one of [head, other]) if (one) checkHeadSignature(one, told.homeKeys);
    const claims = readClaims(told.restored).filter((claim) => isSigned(claim, told.homeKeys));
    demand(!other || !contradict(head, other, claims), 'contradicts');
    const { bytes: _, signature: __, ...fields } = head;
    demandTold(told, fields, 'differs');
  },
};

export const claims = {
  write({ homeSeed, otherHomeKey, ...fields }) {
    const { body, bytes } = writeRestored(fields, homeSeed);
    return { body, homeKeys: [otherHomeKey, publicKey(homeSeed)], signedRestored: bytes };
  },
  read(told) {
    const claim = readRestored(told.signedRestored);
    demand(isSigned(claim, told.homeKeys), 'wrong-signature');
    const { restore, account, chainSeq, manifestVersion, time, body } = claim;
    demandTold(told, { restore, account, chainSeq, manifestVersion, time, body }, 'differs');
  },
};

export const commits = {
  write: ({ signedBase: signedBaseManifest, items: sealedItem, ...parts }) =>
    ({ commit: writeCommit({ ...parts, signedBaseManifest, sealedItem }) }),
  read(told) {
    const { link, keyset, manifest, base, items: sealed } = readCommit(told.commit);
    const [signedLink, bytes, signedBase] = [link, keyset, base].map((part) => part?.bytes ?? new Uint8Array(0));
    const parts = { signedLink, keyset: bytes, signedManifest: manifest.bytes, signedBase, items: sealed };
    demandTold(told, parts, 'differs');
  },
};

export const repairs = {
  write: ({ links, keysets, ...rest }) =>
    ({ repair: writeRepair({ ...rest, signedLink: links, keyset: keysets }) }),
  read(told) {
    const { links, keysets, manifest, head, trail, between } = readRepair(told.repair);
    demandTold(told, { ...partsOf(links, keysets, manifest, head), trail, between }, 'differs');
  },
};

const partsOf = (links, keysets, manifest, head) => ({
  links: links.map(({ bytes }) => bytes), keysets: keysets.map(({ bytes }) => bytes),
  signedManifest: manifest.bytes, signedHead: head?.bytes ?? new Uint8Array(0),
});

export const vaults = {
  write: ({ links, keysets, hashes, gaps, restored, trustedFrom, ...parts }) => ({
    vault: writeVault({
      ...parts, signedLink: links, keyset: keysets, hash: hashes, gap: gaps, signedRestored: restored,
      trustedFrom: trustedFrom.map(({ id, at }) => ({ id, trustedFrom: at })),
    }),
  }),
  read(told) {
    const vault = readVault(told.vault);
    const known = told.known.length === 0 ? undefined : verifyVault(readVault(told.known), told);
    demand(!verifyVault(vault, told, known).conflict, 'conflict');
    const { account, first, links, keysets, manifest, head, hashes, gaps, activeAtMinChain } = vault;
    const restored = vault.claims.map(({ bytes }) => bytes);
    const trustedFrom = vault.trustedFrom.map(({ id, trustedFrom: at }) => ({ id, at }));
    demandTold(told, {
      account, first, hashes, gaps, restored, activeAtMinChain, trustedFrom,
      ...partsOf(links, keysets, manifest, head),
    }, 'differs');
  },
};

export const receipts = {
  write({ logSeed, ...fields }) {
    const { id, account } = fields;
    const { body, receipt } = writeReceipt(fields, logSeed);
    return { auditKey: publicKey(logSeed), subject: subjectOf(id, account), body, receipt };
  },
  read(told) {
    const receipt = readReceipt(told.receipt, told.auditKey, told.account);
    demandTold(told, receipt, 'differs');
  },
};
