// One client of a storm: says "ready", waits for the end of its input, sends every guess of a file at once, and
// prints a line for each answer.
// node guess-storm.mjs URL TOKEN FILE        (FILE: one base64 body a line)
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';

const [url, token, file] = process.argv.slice(2);
const bodies = readFileSync(file, 'utf8').trim().split('\n').map(line => Buffer.from(line, 'base64'));
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

function send(body, index) {
  return new Promise(resolve => {
    const sent = request(`${url}v1/realm/evaluate`, {
      agent, method: 'POST', timeout: 60_000,
      headers: { 'content-type': 'application/cbor', 'content-length': body.length, authorization: `Bearer ${token}` },
    }, answer => {
      const chunks = [];
      answer.on('data', chunk => chunks.push(chunk));
      answer.on('end', () => resolve(`${index} ${answer.statusCode} ${Buffer.concat(chunks).toString('base64')}`));
    });
    sent.on('error', failure => resolve(`${index} 0 ${Buffer.from(failure.message).toString('base64')}`));
    sent.end(body);
  });
}

console.log('ready');
readFileSync(0);
console.log((await Promise.all(bodies.map(send))).join('\n'));
