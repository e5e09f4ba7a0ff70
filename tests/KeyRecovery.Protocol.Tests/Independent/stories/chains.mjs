// Chains whose last link tells a lie or two, or none.
import { compare, empty, hex, same } from '../bytes.mjs';
import { readSignedLink } from '../link.mjs';
import { chainOf, headOf } from '../sigchain.mjs';
import { Account, appId } from './account.mjs';

const byId = (a, b) => compare(a.id, b.id);
const [device, kinds] = [1, 5];

const others = (account) => account.chain.links.flatMap(({ add }) => add);

/** Each changes the members of a link, in an account that has authorities. */
const lies = [
  ({ link, chance }) => { link.account = chance.bytes(16); },
  ({ link, chance }) => { link.seq = chance.of([link.seq + 1, link.seq + 2, 0, 1]); },
  ({ link, chance }) => { link.prev = chance.bytes(32); },
  ({ link, chance }) => { link.epoch += chance.of([1, 2]); },
  ({ link }) => { link.epoch -= 1; },
  ({ link, chance }) => { link.epochCommit = chance.bytes(32); },
  ({ link, chance }) => {
    link.previousEpoch = chance.of([0, 1, 2, 3, link.epoch, link.epoch + 1]);
    link.previousEpochKey = link.previousEpoch === 0 ? empty : chance.bytes(48);
  },
  ({ link, chance, account, known }) => link.add.push({ ...account.authority(device), id: chance.of(known).id }),
  ({ link, chance, account, known }) =>
    link.add.push({ ...account.authority(device), kemKeyHash: chance.of(known).kemKeyHash }),
  ({ link, chance, account, known }) =>
    link.add.push(account.impersonate(account.authority(device), chance.of(known))),
  ({ link, chance }) => link.remove.push(chance.bytes(16)),
  ({ link }) => link.remove.push(link.signer),
  ({ link, chance, known }) => link.remove.push(chance.of(known).id),
  ({ link, chance, known }) => { link.signer = chance.of(known).id; },
  ({ link }) => { [link.add, link.remove] = [[], []]; },
  ({ link, chance, account }) => link.add.push(...chance.times(9, () => account.authority(device))),
  ({ link, chance }) => { link.add = link.add.map((one) => ({ ...one, kind: 1 + chance.below(kinds) })); },
];

const once = (list, by) => list.filter((one, at) => list.findIndex((other) => same(by(other), by(one))) === at);

/** What a reader is told; its last link lies. */
export function chainStory(chance) {
  const account = new Account(chance);
  const before = chance.times(6, () => account.grow() && headOf(account.chain).bytes);
  const { link } = account.nextLink();
  const known = [...others(account), ...link.add];
  const changed = { ...link, add: [...link.add], remove: [...link.remove] };
  for (const lie of chance.times(2, () => chance.of(lies))) lie({ link: changed, chance, account, known });
  changed.add = once(changed.add, ({ id }) => id).sort(byId);
  changed.remove = once(changed.remove, (id) => id).sort(compare);
  const signed = chance.once(12)
    ? account.sign(changed, ...chance.of([[chance.bytes(32)], [undefined, changed.add.map(() => chance.bytes(32))]]))
    : account.sign(changed);
  const links = [...before, signed];
  return { told: { appId, links: links.map(hex) }, read: () => chainOf(appId, links.map(readSignedLink)) };
}
