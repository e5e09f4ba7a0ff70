// §7: the hashes of manifests that a vault tells, and the gaps among them.
import { same, zeros } from './bytes.mjs';
import { nextTrail } from './manifest.mjs';
import { demand } from './refusal.mjs';

const most = 16;

export function checkGaps(gaps) {
  demand(gaps.length <= most, 'malformed');
  demand(gaps.every(({ from, to }, at) => from >= 1 && from <= to && from > (gaps[at - 1]?.to ?? 0)), 'malformed');
}

const gapsFrom = ({ gaps }, version) => gaps.filter(({ to }) => to >= version);

/** The last version of which, from this one on, nothing is proved; 0 where all is. */
export const unprovedFrom = (vault, version) => gapsFrom(vault, version).at(-1)?.to ?? 0;

/** What is told has to lead from the manifest that is known. */
export function checkDescends(vault, known) {
  const { manifest, hashes } = vault;
  if (manifest.version === known.version) {
    return demand(same(manifest.hash, known.hash) && hashes.length === 0, 'forked-manifest');
  }
  demand(unprovedFrom(vault, known.version) === 0, 'forked-manifest');
  demand(hashes.length === manifest.version - known.version && same(hashes[0], known.hash), 'forked-manifest');
  checkTrail(known.trail, hashes, manifest);
}

/** The same for a reader that knows none of the manifests, and asked from a version on. */
export function checkToldAnew(vault, from) {
  const { manifest, hashes } = vault;
  const last = gapsFrom(vault, from).at(-1);
  demand(!last || last.to < manifest.version, 'forked-manifest');
  if ((!last && from !== 1) || hashes.length !== countFrom(vault, from)) return;
  const above = hashes.slice(hashes.length - (manifest.version - 1 - (last?.to ?? 0)));
  checkTrail(last?.trail ?? zeros(32), above, manifest);
}

/** How many versions below the manifest's lie in no gap. */
function countFrom(vault, from) {
  const lost = gapsFrom(vault, from).map((gap) => gap.to - Math.max(gap.from, from) + 1);
  return lost.reduce((left, count) => left - count, vault.manifest.version - from);
}

export function checkTrail(start, hashes, manifest) {
  demand(hashes.length === 0 || same(hashes.at(-1), manifest.prev), 'forked-manifest');
  demand(same(hashes.reduce(nextTrail, start), manifest.trail), 'forked-manifest');
}
