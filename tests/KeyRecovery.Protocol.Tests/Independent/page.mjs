// Reads docs/protocol.md on standard input and tells which structures of structures.mjs do not stand in it.
import { text } from 'node:stream/consumers';
import { structures } from './structures.mjs';

const folded = (string) => string.replace(/\s+/g, ' ');
const page = folded(await text(process.stdin));
const missing = Object.entries(structures).filter(([, notation]) => !page.includes(folded(notation)));
console.log(JSON.stringify(missing.map(([name]) => name)));
