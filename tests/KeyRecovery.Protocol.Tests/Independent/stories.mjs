// Makes up what nobody has seen before, and tells what this implementation says to it.
//   { format: "sigchain" | "vault", seed, count } → [{ told, verdict }]
import { text } from 'node:stream/consumers';
import { Refusal } from './refusal.mjs';
import { Chance } from './stories/chance.mjs';
import { chainStory } from './stories/chains.mjs';
import { vaultStory } from './stories/vaults.mjs';

const { format, seed, count } = JSON.parse(await text(process.stdin));
const chance = new Chance(seed);
const story = { sigchain: chainStory, vault: vaultStory }[format];

function verdictOf(read) {
  try {
    read();
    return 'accepted';
  } catch (error) {
    if (error instanceof Refusal) return error.word;
    throw error;
  }
}

const stories = Array.from({ length: count }, () => story(chance));
console.log(JSON.stringify(stories.map(({ told, read }) => ({ told, verdict: verdictOf(read) }))));
