// §14.2, §14.3: RFC 9497's VOPRF over ristretto255, its key shared among realms.
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { big, join, littleNumber, text, u8 } from './bytes.mjs';
import { demand, orRefuse } from './refusal.mjs';

const { Point } = ristretto255;
const { Fn } = Point;
const context = join(text('OPRFV1-'), u8(1), text('-ristretto255-SHA512'));
const tag = (name) => join(text(name), context);
const prefixed = (bytes) => join(big(bytes.length, 2), bytes);

const hashToGroup = (input) => ristretto255_hasher.hashToCurve(input, { DST: tag('HashToGroup-') });
const hashToScalar = (input) => ristretto255_hasher.hashToScalar(input, { DST: tag('HashToScalar-') });

/** A canonical element that is not the identity. */
export function element(bytes) {
  const point = orRefuse('malformed', () => Point.fromBytes(bytes));
  demand(!point.is0(), 'malformed');
  return point;
}

/** A canonical scalar that is not zero. */
export function scalar(bytes) {
  const number = littleNumber(bytes);
  demand(number > 0n && number < Fn.ORDER, 'malformed');
  return number;
}

/** 64 random bytes, read as a little-endian number, modulo the order of the group. */
export const randomScalar = (bytes) => littleNumber(bytes) % Fn.ORDER;

export const shareKey = (share) => Point.BASE.multiply(share);

/** The Lagrange coefficients at `x` of the places `places`. */
function coefficients(places, x) {
  return places.map((i) => places.filter((j) => j !== i).reduce(
    (product, j) => Fn.mul(product, Fn.mul(Fn.create(x - j), Fn.inv(Fn.create(i - j)))), 1n));
}

const placesOf = (list) => list.map((_, at) => BigInt(at + 1));

export function combineScalars(shares) {
  const lambda = coefficients(placesOf(shares), 0n);
  return shares.reduce((sum, share, at) => Fn.add(sum, Fn.mul(share, lambda[at])), 0n);
}

/** What the polynomial through the first points, which stand at 1, 2, 3 …, is at `x`. */
export function interpolate(points, x) {
  const lambda = coefficients(placesOf(points), x);
  return points.reduce((sum, point, at) => sum.add(point.multiplyUnsafe(lambda[at])), Point.ZERO);
}

/** The output for an input, by the whole key. */
export function evaluate(key, input) {
  const issued = hashToGroup(input).multiply(key).toBytes();
  return sha512(join(prefixed(input), prefixed(issued), text('Finalize')));
}

/** One realm's answer: the blinded element times its share, and the proof that it is that. */
export function blindEvaluate(share, blinded, random) {
  const evaluated = blinded.multiply(share);
  return { evaluated, proof: prove(share, blinded, evaluated, random) };
}

function prove(share, blinded, evaluated, random) {
  const { m, z, key } = composites(shareKey(share), blinded, evaluated);
  const t2 = Point.BASE.multiply(random), t3 = m.multiply(random);
  const c = challenge(key, m, z, t2, t3);
  return join(Fn.toBytes(c), Fn.toBytes(Fn.sub(random, Fn.mul(c, share))));
}

export function provenBy(key, blinded, evaluated, proof) {
  const c = littleNumber(proof.slice(0, 32)), s = littleNumber(proof.slice(32));
  if (c >= Fn.ORDER || s >= Fn.ORDER) return false;
  const { m, z } = composites(key, blinded, evaluated);
  const t2 = Point.BASE.multiplyUnsafe(s).add(key.multiplyUnsafe(c));
  const t3 = m.multiplyUnsafe(s).add(z.multiplyUnsafe(c));
  return challenge(key, m, z, t2, t3) === c;
}

function composites(key, blinded, evaluated) {
  const seed = sha512(join(prefixed(key.toBytes()), prefixed(join(text('Seed-'), context))));
  const transcript =
    [prefixed(seed), big(0, 2), prefixed(blinded.toBytes()), prefixed(evaluated.toBytes()), text('Composite')];
  const d = hashToScalar(join(...transcript));
  return { key, m: blinded.multiply(d), z: evaluated.multiply(d) };
}

const challenge = (key, ...points) =>
  hashToScalar(join(...[key, ...points].map((point) => prefixed(point.toBytes())), text('Challenge')));
