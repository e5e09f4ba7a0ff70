// Why something is refused: a word of docs/protocol.md (§9.4, §18).
export class Refusal extends Error {
  constructor(word) {
    super(word);
    this.word = word;
  }
}

export const refuse = (word) => { throw new Refusal(word); };
export const demand = (holds, word) => { if (!holds) refuse(word); };

/** What `action` gives; anything that it throws becomes the refusal `word`. */
export function orRefuse(word, action) {
  try {
    return action();
  } catch (error) {
    // an unknown version stays what it is, wherever it stands
    if (error instanceof Refusal && error.word === 'upgrade-required') throw error;
    return refuse(word);
  }
}
