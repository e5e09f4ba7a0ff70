// §2: names.
import { join, text, u8 } from './bytes.mjs';
import { checkKey } from './ed25519.mjs';
import { sha256 } from './primitives.mjs';
import { demand } from './refusal.mjs';

export const checkAppId = (appId) => demand(/^[a-z0-9.-]{1,64}$/.test(appId), 'malformed');

export function accountPreimage(appId, signingKey, kemKeyHash, nonce) {
  checkAppId(appId);
  checkKey(signingKey);
  return join(
    text('keyrecovery/v1/account'), u8(0), u8(appId.length), text(appId), signingKey, kemKeyHash, nonce);
}

export const accountId = (...parts) => sha256(accountPreimage(...parts)).slice(0, 16);
