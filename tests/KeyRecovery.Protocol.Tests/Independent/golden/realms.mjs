// §14.4: every body that travels to a realm and back.
import { empty } from '../bytes.mjs';
import { publicKey } from '../ed25519.mjs';
import { blindEvaluate, element, provenBy, randomScalar, scalar, shareKey } from '../oprf.mjs';
import {
  readAnswer, readEvaluate, readManage, readRegister, readReset, realmOf, writeAnswer, writeEvaluate, writeManage,
  writeRegister, writeReset,
} from '../realm.mjs';
import { sha256 } from '../primitives.mjs';
import { demand } from '../refusal.mjs';
import { demandTold } from './told.mjs';

const actions = {
  manageStatus: 1, managePause: 2, manageResume: 3, manageHead: 5, manageKey: 6, manageDelete: 4,
};

export const realmMessages = {
  write(inputs) {
    const { slot, attempt, blinded, round, managementSeed } = inputs;
    const realm = realmOf(inputs.realmSigningSeed, inputs.realmKemSeed);
    const { fingerprint } = realm;
    const share = scalar(inputs.share);
    const evaluate = writeEvaluate({ slot, attempt, blinded });
    const { evaluated, proof } = blindEvaluate(share, element(blinded), randomScalar(inputs.proofRandomness));
    const head = { headSequence: inputs.headSequence, headHash: inputs.headHash };
    const more = { manageHead: head, manageKey: { managementKey: publicKey(inputs.newManagementSeed) } };
    const manage = (name) => writeManage({
      realm: fingerprint, slot, version: inputs.commandVersions[name], action: actions[name], ...more[name],
    }, managementSeed);
    const commands = Object.fromEntries(Object.keys(actions).map((name) => [name, manage(name)]));
    const { state, guessesLeft, nextAttemptInMs, version, events } = inputs;
    const status = { realm: fingerprint, slot, state, guessesLeft, nextAttemptInMs, round, version, ...head };
    return {
      fingerprint,
      register: writeRegister(realm, {
        slot, signingKey: publicKey(inputs.slotSigningSeed), managementKey: publicKey(managementSeed),
        shareKey: shareKey(share).toBytes(), share: inputs.share,
      }, inputs.encapsulation),
      evaluate,
      reset: writeReset({ realm: fingerprint, slot, attempt, round }, inputs.slotSigningSeed),
      ...commands,
      answer: writeAnswer({
        ...status, request: sha256(evaluate), evaluated: evaluated.toBytes(), proof, events: [],
      }, inputs.realmSigningSeed),
      answerToStatus: writeAnswer({
        ...status, request: sha256(commands.manageStatus), evaluated: empty, proof: empty, events,
      }, inputs.realmSigningSeed),
    };
  },

  read(told) {
    const realm = realmOf(told.realmSigningSeed, told.realmKemSeed);
    const registration = readRegister(told.register, realm);
    const { slot } = registration;
    const request = readEvaluate(told.evaluate);
    readReset(told.reset, publicKey(told.slotSigningSeed));
    for (const name of Object.keys(actions)) readManage(told[name], publicKey(told.managementSeed));
    const answer = readAnswer(told.answer, realm, slot, told.evaluate);
    const answerToStatus = readAnswer(told.answerToStatus, realm, slot, told.manageStatus);
    const [blinded, evaluated, key] = [request.blinded, answer.evaluated, registration.shareKey].map(element);
    demand(provenBy(key, blinded, evaluated, answer.proof), 'proof');
    demandTold(told, registration, 'differs');
    demandTold(told, { attempt: request.attempt, blinded: request.blinded }, 'differs');
    demand(answer.events.length === 0, 'differs');
    const { round, state, version, events } = answerToStatus;
    demandTold(told, { round, state, version, events }, 'differs');
  },
};
