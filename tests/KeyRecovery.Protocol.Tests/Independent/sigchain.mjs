// §3: the chain's end, and the rules by which a link moves it on. They are checked in the page's order.
import { accountId } from './account-id.mjs';
import { compare, hex, same } from './bytes.mjs';
import { check } from './ed25519.mjs';
import { device, linkLabel, passphrase, possessionLabel } from './link.mjs';
import { sha256 } from './primitives.mjs';
import { demand } from './refusal.mjs';

const most = { added: 4, addedFirst: 8, active: 32, ever: 512, links: 4096 };

export function emptyChain(appId) {
  return {
    appId, links: [], account: null, epoch: 0, epochCommit: null, path: [], begun: new Map(), keysetHashes: [],
    epochLinks: [], active: new Map(), removed: [], newestRemoval: null, names: new Set(), ever: 0,
  };
}

export const headOf = ({ links }) => links.at(-1);

/** The chain after one more link; the chain before stays as it was. */
export function extend(chain, link) {
  const first = chain.links.length === 0;
  checkPlace(chain, link, first);
  const signer = first ? link.add.find(({ id }) => same(id, link.signer)) : chain.active.get(hex(link.signer));
  demand(signer && (!first || signer.kind === device), 'unknown-signer');
  checkRemovals(chain, link);
  const staying = new Map([...chain.active].filter(([id]) => !link.remove.some((gone) => hex(gone) === id)));
  const begins = checkEpoch(chain, link, staying, first);
  demand(link.add.length > 0 || link.remove.length > 0 || begins, 'no-purpose');
  const active = new Map([...staying, ...link.add.map((authority) => [hex(authority.id), authority])]);
  const names = checkAdditions(chain, link, active, first);
  check(signer.signingKey, linkLabel, link.body, link.signature, 'link-signature');
  link.add.forEach(({ signingKey }, at) =>
    check(signingKey, possessionLabel, link.body, link.possession[at], 'possession'));
  const begun = new Map(chain.begun);
  if (begins) begun.set(link.epoch, { by: link.signer, previous: link.previousEpoch, commit: link.epochCommit });
  return {
    appId: chain.appId,
    account: link.account,
    links: [...chain.links, link],
    epoch: link.epoch,
    epochCommit: link.epochCommit,
    path: begins ? pathOf(begun, link.epoch) : chain.path,
    begun,
    keysetHashes: begins ? [link.keysetHash] : [...chain.keysetHashes, link.keysetHash],
    epochLinks: begins ? [link] : [...chain.epochLinks, link],
    active,
    removed: [...chain.removed, ...link.remove].sort(compare),
    newestRemoval: link.remove.length > 0 ? link.seq : chain.newestRemoval,
    names,
    ever: chain.ever + link.add.length,
  };
}

function checkPlace(chain, link, first) {
  if (!first) demand(same(link.account, chain.account), 'other-account');
  demand(link.seq === chain.links.length, 'dropped-link');
  if (!first) return demand(same(link.prev, headOf(chain).hash), 'broken-chain');
  const devices = link.add.filter(({ kind }) => kind === device);
  demand(devices.length === 1, 'other-beginning');
  demand(!link.add.some(({ kind }) => kind === passphrase), 'other-beginning');
  const [{ signingKey, kemKeyHash }] = devices;
  demand(same(link.account, accountId(chain.appId, signingKey, kemKeyHash, link.prev)), 'other-beginning');
}

function checkRemovals(chain, link) {
  demand(link.remove.every((id) => chain.active.has(hex(id))), 'unknown-removal');
  demand(!link.remove.some((id) => same(id, link.signer)), 'removes-signer');
}

/** Whether the link begins an epoch. */
function checkEpoch(chain, link, staying, first) {
  if (first) {
    demand(link.epoch === 1 && link.previousEpoch === 0, 'epoch-rule');
    return true;
  }
  if (link.epoch === chain.epoch) {
    demand(same(link.epochCommit, chain.epochCommit) && link.previousEpoch === 0, 'epoch-rule');
    demand(link.remove.length === 0, 'epoch-rule');
    return false;
  }
  demand(link.epoch === chain.epoch + 1, 'epoch-rule');
  demand(link.previousEpoch >= 1 && link.previousEpoch <= chain.epoch, 'epoch-rule');
  for (let between = link.previousEpoch + 1; between < link.epoch; between++) {
    const { by } = chain.begun.get(between);
    demand(!staying.has(hex(by)) || same(by, link.signer), 'epoch-rule');
  }
  return true;
}

function pathOf(begun, epoch) {
  const path = [];
  for (let at = epoch; at !== 0; at = begun.get(at).previous) path.push(at);
  return path;
}

function checkAdditions(chain, link, active, first) {
  demand(link.add.length <= (first ? most.addedFirst : most.added), 'too-many-authorities');
  demand(active.size <= most.active, 'too-many-authorities');
  demand(chain.ever + link.add.length <= most.ever, 'too-many-authorities');
  const names = new Set(chain.names);
  for (const { id, signingKey, kemKeyHash } of link.add) {
    for (const name of [sha256(id), sha256(signingKey), kemKeyHash].map((hash) => hex(hash.slice(0, 8)))) {
      demand(!names.has(name), 'reused');
      names.add(name);
    }
  }
  return names;
}

export const chainOf = (appId, links) => links.reduce(extend, emptyChain(appId));
