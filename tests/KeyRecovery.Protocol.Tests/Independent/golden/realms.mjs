// §14.4: guesses and resets, with a realm's answers.
import { publicKey } from '../ed25519.mjs';
import { blindEvaluate, element, provenBy, randomScalar, scalar, shareKey } from '../oprf.mjs';
import { readEvaluate, readReset, realmOf, writeEvaluate, writeReset } from '../realm.mjs';
import { readStatus, writeStatus } from '../realm-account.mjs';
import { sha256 } from '../primitives.mjs';
import { demand } from '../refusal.mjs';
import { demandTold } from './told.mjs';

export const realmMessages = {
  write(inputs) {
    const { slot, attempt, blinded, round, state, guessesLeft, nextAttemptInMs, count } = inputs;
    const { fingerprint } = realmOf(inputs.realmSigningSeed, inputs.realmKemSeed);
    const share = scalar(inputs.share);
    const evaluate = writeEvaluate({ slot, attempt, blinded });
    const reset = writeReset({ realm: fingerprint, slot, attempt, round }, inputs.slotSigningSeed);
    const { evaluated, proof } = blindEvaluate(share, element(blinded), randomScalar(inputs.proofRandomness));
    const status = {
      realm: fingerprint, slot, state, guessesLeft, nextAttemptInMs, round, count,
      shareKey: shareKey(share).toBytes(), signingKey: publicKey(inputs.slotSigningSeed), events: [],
    };
    const answer = (more) => writeStatus({ ...status, ...more }, inputs, inputs.realmSigningSeed);
    return {
      fingerprint, evaluate, reset,
      answer: answer({ request: sha256(evaluate), evaluated: evaluated.toBytes(), proof }),
      answerToReset: answer({ request: sha256(reset) }),
    };
  },

  read(told) {
    const realm = realmOf(told.realmSigningSeed, told.realmKemSeed);
    const request = readEvaluate(told.evaluate);
    const { slot } = request;
    readReset(told.reset, publicKey(told.slotSigningSeed));
    const answer = readStatus(told.answer, realm, slot, told.evaluate);
    const { evaluated, round, state, count } = readStatus(told.answerToReset, realm, slot, told.reset);
    demand(provenBy(...[answer.shareKey, request.blinded, answer.evaluated].map(element), answer.proof), 'proof');
    demandTold(told, { slot, attempt: request.attempt, blinded: request.blinded }, 'differs');
    demand(answer.events.length === 0 && evaluated.length === 0, 'differs');
    demandTold(told, { round, state, count }, 'differs');
  },
};
