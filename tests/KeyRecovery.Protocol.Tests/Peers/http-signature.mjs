// Reads one request as JSON on standard input and signs or verifies it with npm http-message-signatures, in the
// profile of KeyRecovery: { "do": "sign" | "verify", method, url, headers, keyId, created, publicJwk, privateJwk }.
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { createSigner, createVerifier, httpbis } from 'http-message-signatures';

const fields = ['@method', '@authority', '@path', '@query', 'content-digest'];
const params = ['created', 'keyid', 'alg', 'tag'];
const tag = 'keyrecovery/v1';

const input = JSON.parse(await text(process.stdin));
const request = { method: input.method, url: input.url, headers: input.headers };

if (input.do === 'sign') {
  const key = createSigner(createPrivateKey({ key: input.privateJwk, format: 'jwk' }), 'ed25519', input.keyId);
  const paramValues = { created: new Date(input.created * 1000), tag };
  const signed = await httpbis.signMessage({ key, fields, params, paramValues, name: 'sig1' }, request);
  console.log(JSON.stringify(signed.headers));
} else {
  const verify = createVerifier(createPublicKey({ key: input.publicJwk, format: 'jwk' }), 'ed25519');
  const keyLookup = async ({ keyid }) => keyid === input.keyId ? { id: keyid, algs: ['ed25519'], verify } : null;
  const valid = await httpbis.verifyMessage({ keyLookup, requiredFields: fields, requiredParams: params }, request);
  console.log(JSON.stringify({ valid }));
}
