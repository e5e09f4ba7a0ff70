// §9.1: RFC 9421 in one profile.
import { base64, text } from './bytes.mjs';
import { signBytes, verifies } from './ed25519.mjs';
import { sha256 } from './primitives.mjs';
import { demand } from './refusal.mjs';

const covered = '("@method" "@authority" "@path" "@query" "content-digest")';
const id = '[A-Za-z0-9_-]{21}[AQgw]';
const keyids = `(${id}(?:\\.${id})?)`;
const parameters =
  `${escape(covered)};created=(0|[1-9][0-9]{0,14});keyid="${keyids}";alg="ed25519";tag="keyrecovery/v1"`;
const input = new RegExp(`^sig1=(${parameters})$`);
const signature = /^sig1=:([A-Za-z0-9+/]{85}[AQgw]==):$/;

function escape(literal) {
  return literal.replace(/[()@]/g, '\\$&');
}

export const contentDigest = (body) => `sha-256=:${base64(sha256(body))}:`;

const parametersOf = (created, keyid) =>
  `${covered};created=${created};keyid="${keyid}";alg="ed25519";tag="keyrecovery/v1"`;

export function signatureBase({ method, authority, path, query, contentDigest }, parameters) {
  const lines = { method, authority, path, query };
  demand(path.startsWith('/') && query.startsWith('?'), 'malformed');
  demand(Object.values(lines).every((value) => /^[\x20-\x7e]+$/.test(value)), 'malformed');
  return [
    ...Object.entries(lines).map(([name, value]) => `"@${name}": ${value}`),
    `"content-digest": ${contentDigest}`,
    `"@signature-params": ${parameters}`,
  ].join('\n');
}

export function signRequest(seed, keyid, created, request) {
  const parameters = parametersOf(created, keyid);
  const base = signatureBase(request, parameters);
  return {
    base, signatureInput: `sig1=${parameters}`, signature: `sig1=:${base64(signBytes(seed, text(base)))}:`,
  };
}

/** Checks a request's signature and tells who signed it, and when. */
export function verifyRequest(key, request, signatureInput, encodedSignature) {
  const read = input.exec(signatureInput);
  const encoded = signature.exec(encodedSignature);
  demand(read && encoded, 'malformed');
  const [, parameters, created, keyid] = read;
  const base = signatureBase(request, parameters);
  const bytes = Uint8Array.from(Buffer.from(encoded[1], 'base64'));
  demand(verifies(key, text(base), bytes), 'signature-invalid');
  return { created: Number(created), keyid };
}
