// §3: one link, as far as it can be judged alone.
import { ascending } from './bytes.mjs';
import { checkKey, sign } from './ed25519.mjs';
import { sha256 } from './primitives.mjs';
import { demand } from './refusal.mjs';
import { decode, encode } from './structure.mjs';

export const linkLabel = 'keyrecovery/v1/link';
export const possessionLabel = 'keyrecovery/v1/link-possession';
export const device = 1;
export const passphrase = 3;

const kinds = { device, code: 2, passphrase, prf: 4, contact: 5 };
const withoutParameters = [kinds.device, kinds.code];
const mostBytes = 65536, mostNamed = 32;

function checkLink(link) {
  demand((link.previousEpochKey.length === 48) === (link.previousEpoch !== 0), 'malformed');
  demand(link.add.length <= mostNamed && link.remove.length <= mostNamed, 'malformed');
  demand(ascending(link.add, ({ id }) => id) && ascending(link.remove), 'malformed');
  for (const { kind, signingKey, maxFormat, parameters } of link.add) {
    demand(Object.values(kinds).includes(kind), 'upgrade-required');
    demand(maxFormat >= 1, 'malformed');
    demand(parameters.length === 0 || !withoutParameters.includes(kind), 'malformed');
    checkKey(signingKey);
  }
}

export function readDraft(body) {
  const link = decode('link', body);
  checkLink(link);
  return { ...link, body, hash: sha256(body) };
}

export function readSignedLink(bytes) {
  demand(bytes.length <= mostBytes, 'malformed');
  const { link: body, signature, possession } = decode('signedLink', bytes);
  const link = readDraft(body);
  demand(possession.length === link.add.length, 'malformed');
  return { ...link, signature, possession, bytes };
}

/** Signs a body: with the signer's seed, and with the seed of each authority that it adds, in their order. */
export function signLink(body, signerSeed, addedSeeds) {
  const signature = sign(signerSeed, linkLabel, body);
  const possession = addedSeeds.map((seed) => sign(seed, possessionLabel, body));
  return { signature, possession, bytes: encode('signedLink', { link: body, signature, possession }) };
}
