// Writes and reads the structures of structures.mjs.
import { text, utf8 } from './bytes.mjs';
import { Reader, encode as encodeCbor } from './cbor.mjs';
import { parse } from './notation.mjs';
import { demand } from './refusal.mjs';
import { structures } from './structures.mjs';

const shapes = Object.fromEntries(Object.entries(structures).map(([name, notation]) => [name, parse(notation)]));

/** The bytes of a structure whose members are `fields`. Its label and its version are written by themselves. */
export const encode = (name, fields) => encodeCbor(write(shapes[name], fields));

/** The members of a structure. Label first, then version, then the number of elements (§1.1). */
export function decode(name, bytes) {
  const reader = new Reader(bytes);
  const fields = read(shapes[name], reader);
  reader.end();
  return fields;
}

/** The label of the structure that these bytes begin with. */
export function labelOf(bytes) {
  const reader = new Reader(bytes);
  demand(reader.array() > 0, 'malformed');
  return utf8(reader.text());
}

function write(shape, value) {
  switch (shape.is) {
    case 'label': return shape.label;
    case 'version': return shape.version;
    case 'structure': return write(shapes[shape.structure], value);
    case 'list': return value.map((element) => write(shape.of, element));
    case 'array': return shape.elements.map((element) => write(element, value[element.name]));
    case 'number':
      demand(Number.isSafeInteger(value) && value >= 0, 'malformed');
      return value;
    case 'bytes':
      demand(value instanceof Uint8Array && shape.allows(value.length), 'malformed');
      return value;
    default:
      demand(typeof value === 'string' && value.isWellFormed() && shape.allows(text(value).length), 'malformed');
      return value;
  }
}

function read(shape, reader) {
  switch (shape.is) {
    case 'structure': return read(shapes[shape.structure], reader);
    case 'list': return readList(shape.of, reader);
    case 'array': return readArray(shape.elements, reader);
    case 'number': return reader.unsigned();
    case 'bytes': return sized(shape, reader.bytes());
    default: return utf8(sized(shape, reader.text()));
  }
}

function readList(shape, reader) {
  const list = [];
  for (let left = reader.array(); left > 0; left--) list.push(read(shape, reader));
  return list;
}

function sized(shape, bytes) {
  demand(shape.allows(bytes.length), 'malformed');
  return bytes;
}

function readArray(elements, reader) {
  const count = reader.array();
  const fields = {};
  let counted = false;
  elements.forEach((element, place) => {
    if (element.is === 'label') {
      demand(count > place && utf8(reader.text()) === element.label, 'malformed');
    } else if (element.is === 'version') {
      demand(count > place, 'malformed');
      demand(reader.unsigned() === element.version, 'upgrade-required');
    } else {
      if (!counted) demand(count === elements.length, 'malformed');
      counted = true;
      fields[element.name] = read(element, reader);
    }
  });
  demand(count === elements.length, 'malformed');
  return fields;
}
