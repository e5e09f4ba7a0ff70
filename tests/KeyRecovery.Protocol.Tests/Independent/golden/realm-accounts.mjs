// §14.4: what authorities say to a realm, and what it makes of a head.
import { publicKey } from '../ed25519.mjs';
import { empty } from '../bytes.mjs';
import { scalar, shareKey } from '../oprf.mjs';
import { sha256 } from '../primitives.mjs';
import { realmOf } from '../realm.mjs';
import {
  activeOf, begin, checkFork, follow, readCommand, readFollow, readFork, readHeadAnswer, readRegister, readStatus,
  writeCommand, writeFollow, writeFork, writeHeadAnswer, writeRegister, writeStatus,
} from '../realm-account.mjs';
import { demand } from '../refusal.mjs';
import { demandTold } from './told.mjs';

const actions = {
  commandStatus: 1, commandPause: 2, commandResume: 3, commandSubject: 4, commandObject: 5,
};

export const realmRequests = {
  write(inputs) {
    const { slot, signer, signerSeed, head, links, claims, count, contradicting, replaced } = inputs;
    const realm = realmOf(inputs.realmSigningSeed, inputs.realmKemSeed);
    const { fingerprint } = realm;
    const [signingKey, key] = [publicKey(inputs.slotSigningSeed), shareKey(scalar(inputs.share)).toBytes()];
    const commands = Object.fromEntries(Object.entries(actions).map(([name, action]) =>
      [name, writeCommand({ realm: fingerprint, slot, action, count, signer }, { head, links }, signerSeed)]));
    const fork = writeFork(fingerprint, head, signer, signerSeed);
    const followBody = writeFollow({ head, links, claims, fork: links.length > 0 ? fork : empty });
    const heads = { head, claims, contradicting, replaced };
    const { state, guessesLeft, nextAttemptInMs, round, events } = inputs;
    return {
      fingerprint,
      register: writeRegister(
        realm, { slot, signer, share: { signingKey, shareKey: key, share: inputs.share } }, { head, links },
        signerSeed, inputs.encapsulation),
      fork,
      follow: followBody,
      status: writeStatus({
        realm: fingerprint, slot, request: sha256(commands.commandStatus), state, guessesLeft, nextAttemptInMs,
        round, count, shareKey: key, signingKey, events,
      }, heads, inputs.realmSigningSeed),
      headAnswer: writeHeadAnswer(
        { realm: fingerprint, request: sha256(followBody) }, heads, inputs.realmSigningSeed),
      ...commands,
    };
  },

  read(told) {
    const realm = realmOf(told.realmSigningSeed, told.realmKemSeed);
    const key = publicKey(told.signerSeed);
    const { slot, account, share } = readRegister(told.register, realm, key);
    demandTold(told, { slot, share: share.share }, 'differs');
    for (const [name, action] of Object.entries(actions)) {
      const command = readCommand(told[name], key);
      demand(command.action === action && command.count === told.count, 'differs');
    }
    checkFork(readFork(told.fork), key);
    demand(readFollow(told.follow).links.length === told.links.length, 'differs');
    readStatus(told.status, realm, slot, told.commandStatus);
    readHeadAnswer(told.headAnswer, realm, account, told.follow);
  },
};

/** What it knows first: also what it was shown before, and kept. */
function seen(told) {
  const view = begin(told);
  if (told.before === undefined) return view;
  const { before: head, beforeLinks: links, beforeAt: at } = told;
  return follow(view, { ...told, head, links, at, claims: [], fork: empty }).view;
}

export const realmViews = {
  texts: ['verdict'],
  write(inputs) {
    const told = { ...inputs, realm: inputs.fingerprint };
    const { verdict, view } = follow(seen(told), told);
    const { contradicting, replaced } = view;
    return {
      verdict, now: view.head.bytes, active: activeOf(view), kept: view.claims.map(({ bytes }) => bytes),
      contradicting, replaced,
    };
  },
  read: (told) => demandTold(told, realmViews.write(told), 'differs'),
};
