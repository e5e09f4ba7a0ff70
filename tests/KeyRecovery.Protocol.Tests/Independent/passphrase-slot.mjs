// §14.2: the parameters of a passphrase slot.
import { hex } from './bytes.mjs';
import { element, interpolate } from './oprf.mjs';
import { demand, orRefuse } from './refusal.mjs';
import { decode, encode } from './structure.mjs';

const mostRealms = 8, mostWork = 4194304;
const within = (number, from, to) => number >= from && number <= to;

export const writeParameters = ({ passes, memoryKiB, lanes, threshold, realms }) =>
  encode('passphraseSlot', { t: passes, m: memoryKiB, p: lanes, threshold, list1: realms });

export function readParameters(bytes) {
  return orRefuse('refused', () => {
    const { t, m, p, threshold, list1: realms } = decode('passphraseSlot', bytes);
    demand(within(t, 2, 16) && within(m, 19456, 1048576) && within(p, 1, 16) && t * m <= mostWork, 'refused');
    demand(within(realms.length, 1, mostRealms), 'refused');
    demand(realms.length < 2 * threshold && threshold <= realms.length, 'refused');
    demand(new Set(realms.map(({ realm }) => hex(realm))).size === realms.length, 'refused');
    const keys = realms.map(({ shareKey }) => element(shareKey));
    const first = keys.slice(0, threshold);
    keys.forEach((key, at) => demand(interpolate(first, BigInt(at + 1)).equals(key), 'refused'));
    demand(!interpolate(first, 0n).is0(), 'refused');
    return { passes: t, memoryKiB: m, lanes: p, threshold, realms };
  });
}
