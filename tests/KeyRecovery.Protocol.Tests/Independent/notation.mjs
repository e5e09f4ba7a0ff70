// Reads the page's own notation of structures (§1.1), such as
//   ["keyrecovery/v1/link", 1, account b16, add authority*, previousEpochKey b0|b48, …]
// A name is what stands before the type, in camel case. An element without a name has its place as one, a list of
// arrays without a name is list1, list2, …
const string = /^(?<kind>[bt])(?:(?<exact>\d+(?:\|[bt]\d+)*)|≤(?<most>\d+)|(?<from>\d+)\.\.(?<to>\d+))?$/;

export function parse(notation) {
  const at = { text: notation.replaceAll(' (empty: none)', '').trim(), place: 0 };
  const shape = parseArray(at);
  if (at.place !== at.text.length) throw new SyntaxError(`what follows ${notation}`);
  return shape;
}

function parseArray(at) {
  const elements = [];
  let lists = 0;
  at.place++;
  while (at.text[at.place] !== ']') {
    const opens = at.text.slice(at.place).match(/^[\s,]*(\[?)/);
    at.place += opens[0].length;
    if (opens[1]) {
      at.place--;
      const nested = parseArray(at);
      lists++;
      elements.push({ name: `list${lists}`, ...repeated(at, nested) });
    } else {
      const [word] = at.text.slice(at.place).match(/^[^,\]]*/);
      at.place += word.length;
      elements.push(parseElement(word.trim(), elements.length));
    }
  }
  at.place++;
  return { is: 'array', elements };
}

function repeated(at, shape) {
  if (at.text[at.place] !== '*') return shape;
  at.place++;
  return { is: 'list', of: shape };
}

function parseElement(word, place) {
  if (word.startsWith('"')) return { name: place, is: 'label', label: word.slice(1, -1) };
  if (/^\d+$/.test(word)) return { name: place, is: 'version', version: Number(word) };
  const words = word.split(/\s+/);
  const last = words.at(-1).replace(/\*$/, '');
  const type = parseType(last);
  const names = type.is === 'structure' && words.length === 1 ? [last] : words.slice(0, -1);
  const name = names.length === 0 ? place : camel(names);
  return words.at(-1).endsWith('*') ? { name, is: 'list', of: type } : { name, ...type };
}

function parseType(word) {
  if (word === 'u') return { is: 'number' };
  const found = word.match(string)?.groups;
  if (!found) return { is: 'structure', structure: word };
  const { kind, exact, most, from, to } = found;
  const lengths = exact?.split('|').map((part) => Number(part.replace(/^[bt]/, '')));
  const allows = (length) => lengths ? lengths.includes(length)
    : most ? length <= Number(most)
    : from ? length >= Number(from) && length <= Number(to)
    : true;
  return { is: kind === 'b' ? 'bytes' : 'text', allows };
}

const camel = (words) => words.join(' ').replace(/ (.)/g, (_, letter) => letter.toUpperCase());
