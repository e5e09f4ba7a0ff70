// §1.1: the part of CBOR (RFC 8949) that the page allows, and nothing else.
import { big, bigNumber, join, text, utf8 } from './bytes.mjs';
import { demand, orRefuse } from './refusal.mjs';

const unsigned = 0, byteString = 2, textString = 3, array = 4;
const widths = { 24: 1, 25: 2, 26: 4, 27: 8 };

function head(major, number) {
  const step = number < 24 ? 0 : number < 2 ** 8 ? 1 : number < 2 ** 16 ? 2 : number < 2 ** 32 ? 4 : 8;
  const small = { 0: number, 1: 24, 2: 25, 4: 26, 8: 27 }[step];
  return join(Uint8Array.of((major << 5) | small), big(number, step));
}

/** Numbers, strings, bytes and arrays of them. */
export function encode(value) {
  if (typeof value === 'number') return head(unsigned, value);
  if (typeof value === 'string') return join(head(textString, text(value).length), text(value));
  if (value instanceof Uint8Array) return join(head(byteString, value.length), value);
  return join(head(array, value.length), ...value.map(encode));
}

export class Reader {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  unsigned() {
    return this.#head(unsigned);
  }

  array() {
    return this.#head(array);
  }

  bytes() {
    return this.#take(this.#head(byteString));
  }

  /** The bytes of a text string, which are valid UTF-8. */
  text() {
    const bytes = this.#take(this.#head(textString));
    orRefuse('malformed', () => utf8(bytes));
    return bytes;
  }

  end() {
    demand(this.#at === this.#bytes.length, 'malformed');
  }

  #take(length) {
    demand(length <= this.#bytes.length - this.#at, 'malformed');
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  #head(major) {
    const [first] = this.#take(1);
    const small = first & 31;
    demand(first >> 5 === major && small <= 27, 'malformed');
    if (small < 24) return small;
    const width = widths[small];
    const number = bigNumber(this.#take(width));
    demand(number >= (width === 1 ? 24n : 1n << BigInt(width * 4)), 'malformed');
    demand(number <= BigInt(Number.MAX_SAFE_INTEGER), 'malformed');
    return Number(number);
  }
}
