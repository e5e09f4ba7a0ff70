// §3, §5: links, chains, manifests.
import { compare } from '../bytes.mjs';
import { publicKey } from '../ed25519.mjs';
import { readSignedLink, signLink } from '../link.mjs';
import {
  checkBase, checkChanges, checkEntries, checkFollows, checkManifestPlace, checkManifestSignature, leafLabel,
  leafMessage, nextTrail, readManifest, trailPreimage, writeManifest,
} from '../manifest.mjs';
import {
  openPrivate, privateAad, privateContent, privateKey, privateKeyInfo, sealPrivate,
} from '../manifest-private.mjs';
import { pad, sha256 } from '../primitives.mjs';
import { chainOf, headOf } from '../sigchain.mjs';
import { encode } from '../structure.mjs';
import { demandTold } from './told.mjs';

export const links = {
  write({ signerSeed, ...fields }) {
    const addedKeys = fields.add.map(({ signingSeed }) => publicKey(signingSeed));
    const add = fields.add.map((one, at) => ({ ...one, signingKey: addedKeys[at] }));
    const body = encode('link', { ...fields, add });
    const { signature, possession, bytes } =
      signLink(body, signerSeed, fields.add.map(({ signingSeed }) => signingSeed));
    return { addedKeys, body, hash: sha256(body), signature, possession, signedLink: bytes };
  },
  read(told) {
    const { body, hash, signature, possession, add, ...rest } = readSignedLink(told.signedLink);
    const addedKeys = add.map(({ signingKey }) => signingKey);
    demandTold(told, { body, hash, signature, possession, addedKeys, ...rest }, 'differs');
  },
};

export const sigchains = {
  write({ appId, links: list }) {
    const chain = chainOf(appId, list.map(readSignedLink));
    const { seq: chainSeq, hash: chainHash } = headOf(chain);
    return {
      account: chain.account, chainSeq, chainHash, epoch: chain.epoch, path: chain.path,
      keysetHashes: chain.keysetHashes,
      active: [...chain.active.values()].map(({ id }) => id).sort(compare),
      removed: chain.removed,
      newestRemoval: chain.newestRemoval,
    };
  },
  read: (told) => demandTold(told, sigchains.write(told), 'differs'),
};

export const trails = {
  write({ trail, hashes }) {
    const all = hashes.reduce((list, hash) => [...list, nextTrail(list.at(-1), hash)], [trail]);
    return { hashed: hashes.map((hash, at) => trailPreimage(all[at], hash)), trails: all.slice(1) };
  },
  read: (told) => demandTold(told, trails.write(told), 'differs'),
};

export const leafLabels = {
  write: ({ account, version, logKey }) =>
    ({ message: leafMessage(account, version), leafLabel: leafLabel(logKey, account, version) }),
  read: (told) => demandTold(told, leafLabels.write(told), 'differs'),
};

export const manifests = {
  write({ signerSeed, items, ...fields }) {
    const { body, hash, signature, bytes } = writeManifest({ ...fields, item: items }, signerSeed);
    return { body, hash, signerKey: publicKey(signerSeed), signature, signedManifest: bytes };
  },
  read(told) {
    const manifest = readManifest(told.signedManifest);
    const [before, base] =
      [told.before, told.base].map((bytes) => bytes.length === 0 ? null : readManifest(bytes));
    checkManifestPlace(manifest, told);
    checkEntries(manifest, told.path);
    checkManifestSignature(manifest, told.signerKey);
    checkFollows(manifest, before);
    checkBase(manifest, base);
    checkChanges(manifest, before, base);
    const { body, hash, signature, item: items } = manifest;
    demandTold(told, { body, hash, signature, items }, 'differs');
  },
};

export const manifestPrivates = {
  write({ account, version, epoch, epochKey, nonce, logKey, items, authorities }) {
    const notes = { labelKey: logKey, items, authorities };
    const content = privateContent(notes);
    return {
      keyInfo: privateKeyInfo(account, epoch), key: privateKey(account, epoch, epochKey),
      aad: privateAad(account, version, epoch), content, padded: pad(content),
      private: sealPrivate({ account, version, epoch }, epochKey, notes, nonce),
    };
  },
  read(told) {
    const { labelKey: logKey, items, authorities } =
      openPrivate(told, told.items.map(({ id }) => id), told.epochKey);
    demandTold(told, { logKey, items, authorities }, 'manifest-private');
  },
};
