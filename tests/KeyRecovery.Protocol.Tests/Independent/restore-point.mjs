// §7: a state to which an account can go back.
import { ascending, big, empty, hex, join, same } from './bytes.mjs';
import { epochCommit, keysAlongPath } from './epoch.mjs';
import { checkHeadIs, checkHeadSignature, readHead } from './head.mjs';
import { hpkeOpen } from './hpke-xwing.mjs';
import { sealInfo } from './keyset.mjs';
import {
  checkManifestPlace, checkManifestSignature, largestItem, readManifest,
} from './manifest.mjs';
import { demand, orRefuse } from './refusal.mjs';
import { chainOf, headOf } from './sigchain.mjs';
import { decode, encode } from './structure.mjs';
import { checkTrail } from './told-trail.mjs';

const mostNamed = 44150;

export const writeRestorePoint = (parts) => encode('restorePoint', parts);

const orderOf = ({ id, version, hash }) => join(id, big(version, 8), hash);

export function readRestorePoint(bytes) {
  const { signedManifest, seal, signedHead, named } = decode('restorePoint', bytes);
  demand(named.length <= mostNamed && ascending(named, orderOf), 'malformed');
  demand(named.every(({ version, size }) => version >= 1 && size <= largestItem), 'malformed');
  return {
    manifest: readManifest(signedManifest), seal, named,
    head: signedHead.length === 0 ? null : readHead(signedHead),
  };
}

/** Whether the point was once the state of the account whose verified vault is `served`; `gaps` came with `hashes`. */
export function checkRestorePoint({ manifest, head }, served, hashes, homeKeys, gaps) {
  demand(same(manifest.account, served.chain.account), 'other-account');
  const chain = chainAt(served.chain, manifest.chainSeq);
  const { seq: chainSeq, hash: chainHash } = headOf(chain);
  checkManifestPlace(manifest, { account: chain.account, chainSeq, chainHash, path: chain.path });
  const signer = chain.active.get(hex(manifest.signer));
  demand(signer, 'manifest-signature');
  checkManifestSignature(manifest, signer.signingKey);
  if (head && !same(manifest.hash, served.manifest.hash)) checkReplaced(manifest, head, chain, served, homeKeys);
  else if (!isUnproved(manifest, served, gaps)) checkLeadsTo(manifest, served.manifest, hashes);
  return chain;
}

function chainAt({ appId, links }, seq) {
  demand(seq < links.length, 'manifest-heads');
  return chainOf(appId, links.slice(0, seq + 1));
}

/** The home's word stands for the trail of a state that a repair replaced. */
function checkReplaced(manifest, head, chain, { claims }, homeKeys) {
  checkHeadSignature(head, homeKeys);
  checkHeadIs(head, chain.account, headOf(chain), manifest);
  demand(claims.some(({ manifestVersion, time }) =>
    manifestVersion < manifest.version && time > head.time), 'forked-manifest');
}

/** In or below a gap nothing can be proved, where a restore was claimed from below its end. */
function isUnproved({ version }, { manifest, claims, gaps }, told) {
  return version < manifest.version && [...gaps, ...told].some(({ to }) =>
    version <= to && claims.some(({ manifestVersion }) => manifestVersion < to));
}

function checkLeadsTo(manifest, served, hashes) {
  demand(hashes.length === served.version - manifest.version, 'forked-manifest');
  if (hashes.length === 0) return demand(same(manifest.hash, served.hash), 'forked-manifest');
  demand(same(hashes[0], manifest.hash), 'forked-manifest');
  checkTrail(manifest.trail, hashes, served);
}

/** The key of the point's epoch; `chain` is the one at its place. */
export function openRestorePoint({ seal }, chain, ownId, kemSeed) {
  const { account, epoch } = chain;
  const key = orRefuse('own-seal', () => hpkeOpen(kemSeed, sealInfo(account, epoch, ownId), empty, seal));
  demand(key.length === 32, 'own-seal');
  demand(same(epochCommit(account, epoch, key), chain.epochCommit), 'epoch-commit');
  keysAlongPath(chain, key);
  return key;
}
