// Choices that look like chance and repeat themselves from one run to the next (mulberry32).
export class Chance {
  #state;

  constructor(seed) {
    this.#state = seed;
  }

  /** 0 to `count` − 1. */
  below(count) {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * count);
  }

  once(times) {
    return this.below(times) === 0;
  }

  of(list) {
    return list[this.below(list.length)];
  }

  bytes(length) {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  times(most, make) {
    return Array.from({ length: this.below(most + 1) }, make);
  }
}
