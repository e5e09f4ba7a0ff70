// §9.1, §13.1, §14: requests, link codes, passphrase slots, realms.
import { same, text } from '../bytes.mjs';
import { publicKey } from '../ed25519.mjs';
import { contentDigest, signRequest, verifyRequest } from '../http-signature.mjs';
import {
  envelopeAad, envelopeKey, openEnvelope, payloadOf, qrOf, readQr, readTyped, sealEnvelope, secretsOf, typedFrom,
} from '../link-code.mjs';
import { combineScalars, evaluate, scalar, shareKey } from '../oprf.mjs';
import { normalise, saltOf, slotKeys, stretchPassphrase } from '../passphrase.mjs';
import { readParameters, writeParameters } from '../passphrase-slot.mjs';
import { sha256 } from '../primitives.mjs';
import { demand } from '../refusal.mjs';
import { demandTold } from './told.mjs';

export const requests = {
  texts: ['signature'],
  write({ seed, keyid, created, body, ...request }) {
    const digest = contentDigest(body);
    const { base, signatureInput, signature } =
      signRequest(seed, keyid, created, { ...request, contentDigest: digest });
    return {
      signingKey: publicKey(seed), contentDigest: digest, signatureInput, signatureBase: base, signature,
    };
  },
  read(told) {
    const request = { ...told, contentDigest: contentDigest(told.body) };
    const { created, keyid } = verifyRequest(told.signingKey, request, told.signatureInput, told.signature);
    demandTold(told, { created, keyid, contentDigest: request.contentDigest }, 'signature-invalid');
  },
};

export const linkCodes = {
  async write({ appId, sessionKey, seed, typedRandom, envelopeNonce }) {
    const payload = payloadOf(sessionKey, seed);
    const code = readTyped(typedFrom(typedRandom));
    return {
      payload, qr: qrOf(payload), ...secretsOf(seed), ...code,
      envelopeAad: envelopeAad(appId, code.nameplate), envelopeKey: await envelopeKey(appId, code),
      envelope: await sealEnvelope(appId, code, payload, envelopeNonce),
    };
  },
  async read(told) {
    const { seed } = readQr(told.qr);
    const { sessionId, joinToken, psk } = secretsOf(seed);
    const code = readTyped(told.typed);
    const payload = await openEnvelope(told.appId, code, told.envelope);
    demandTold(told, { seed, sessionId, joinToken, psk, payload }, 'differs');
  },
};

export const passphraseSlots = {
  async write({ passphrase, account, slot, passes, memoryKiB, lanes, threshold, realms }) {
    const normal = normalise(passphrase);
    const stretched = await stretchPassphrase(normal, account, slot, { passes, memoryKiB, lanes });
    const shares = realms.map(({ share }) => scalar(share));
    const oprf = evaluate(combineScalars(shares.slice(0, threshold)), stretched);
    const { signingSeed, signingKey, kemSeed, kemKey } = slotKeys(slot, stretched, oprf);
    const keys = realms.map(({ fingerprint }, at) =>
      ({ realm: fingerprint, shareKey: shareKey(shares[at]).toBytes() }));
    return {
      normal: text(normal), salt: saltOf(account, slot), stretched, oprf, signingSeed, signingKey, kemSeed,
      kemKeyHash: sha256(kemKey), parameters: writeParameters({ passes, memoryKiB, lanes, threshold, realms: keys }),
    };
  },
  read(told) {
    if (told.parameters === undefined) {
      normalise(told.passphrase);
      return;
    }
    const { realms, ...parameters } = readParameters(told.parameters);
    demandTold(told, parameters, 'refused');
    told.realms?.forEach(({ fingerprint, share }, at) => {
      demand(same(realms[at].realm, fingerprint), 'refused');
      demand(same(realms[at].shareKey, shareKey(scalar(share)).toBytes()), 'refused');
    });
  },
};
