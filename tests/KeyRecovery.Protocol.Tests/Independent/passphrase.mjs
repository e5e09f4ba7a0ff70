// §14.1, §14.3: from a passphrase to the keys of its slot.
import { join, text } from './bytes.mjs';
import { publicKey } from './ed25519.mjs';
import { kemKey } from './hpke-xwing.mjs';
import { hkdfExpand, hkdfExtract, sha256, stretch } from './primitives.mjs';
import { demand } from './refusal.mjs';
import { encode } from './structure.mjs';
import { isAssigned } from './unicode-15.0.mjs';

const mostBytes = 1024;
const invisible =
  /[\u{AD}\u{61C}\u{200B}-\u{200F}\u{202A}-\u{202E}\u{2060}-\u{2064}\u{2066}-\u{2069}\u{FE0E}\u{FE0F}\u{FEFF}]/gu;

export function normalise(passphrase) {
  demand(passphrase.isWellFormed() && !/\p{Cc}/u.test(passphrase), 'refused');
  demand([...passphrase].every((letter) => isAssigned(letter.codePointAt(0))), 'refused');
  const normal = passphrase.replace(invisible, '').normalize('NFKC')
    .replace(/[\u{2018}-\u{201B}\u{2032}\u{2039}\u{203A}]/gu, "'")
    .replace(/[\u{AB}\u{BB}\u{201C}-\u{201F}]/gu, '"')
    .replace(/[\u{2010}-\u{2015}\u{2212}]/gu, '-').replace(/-+/g, '-')
    .replace(/\p{Zs}/gu, ' ')
    .replace(/\p{Nd}/gu, digitOf)
    .replace(/^ +| +$/g, '');
  const { length } = text(normal);
  demand(length >= 1 && length <= mostBytes, 'refused');
  return normal;
}

/** Decimal digits stand in Unicode in rows of ten that begin with zero and touch no other digit but such rows. */
function digitOf(letter) {
  const isDigit = (code) => /\p{Nd}/u.test(String.fromCodePoint(code));
  let first = letter.codePointAt(0);
  while (first > 0 && isDigit(first - 1)) first--;
  return String((letter.codePointAt(0) - first) % 10);
}

export const saltOf = (account, slot) => sha256(encode('passphraseSalt', { account, slot })).slice(0, 16);

export const stretchPassphrase = (normal, account, slot, cost) => stretch(text(normal), saltOf(account, slot), cost);

export function slotKeys(slot, stretched, oprf) {
  const prk = hkdfExtract(slot, join(stretched, oprf));
  const derive = (name) => hkdfExpand(prk, text(`keyrecovery/v1/passphrase-slot-${name}`), 32);
  const [signingSeed, kemSeed] = [derive('signing'), derive('kem')];
  return { signingSeed, signingKey: publicKey(signingSeed), kemSeed, kemKey: kemKey(kemSeed) };
}
