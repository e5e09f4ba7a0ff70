// §19: identities, safety numbers, sealed messages, content keys.
import {
  openContentKey, openMessage, publicOf, readContentKey, readIdentity, readSeeds, safetyNumber, sealedContext,
  sealMessage, signedContent, writeContentKey, writeIdentity, writeSeeds,
} from '../identity.mjs';
import { demandTold } from './told.mjs';

export const identities = {
  write(person) {
    const { body, bytes } = writeIdentity(person);
    return { seeds: writeSeeds(person), body, signedIdentity: bytes };
  },
  read(told) {
    const { signingKey, kemKey } = publicOf({ account: told.account, ...readSeeds(told.seeds) });
    const identity = readIdentity(told.signedIdentity);
    const { account, body } = identity;
    demandTold({ signingKey, kemKey }, identity, 'differs');
    demandTold(told, { account, body }, 'differs');
  },
};

export const safetyNumbers = {
  texts: ['number'],
  write: ({ one, other }) => ({ number: safetyNumber(readIdentity(one), readIdentity(other)) }),
  read: (told) => demandTold(told, safetyNumbers.write(told), 'differs'),
};

export const sealedMessages = {
  texts: ['purpose'],
  write({ sender, reader, purpose, content, randomness }) {
    const context = sealedContext(publicOf(sender), publicOf(reader), purpose);
    return {
      signedIdentity: writeIdentity(sender).bytes, context, signed: signedContent(context, content),
      message: sealMessage(sender, publicOf(reader), purpose, content, randomness),
    };
  },
  read(told) {
    const content = openMessage(told.reader, readIdentity(told.signedIdentity), told.purpose, told.message);
    demandTold(told, { content }, 'differs');
  },
};

export const contentKeys = {
  write(inputs) {
    const { hash, bytes } = writeContentKey(inputs);
    const owner = readIdentity(writeIdentity(inputs.owner).bytes);
    const { commitment } = readContentKey(bytes, owner, null);
    return { signedIdentity: writeIdentity(inputs.owner).bytes, signedContentKey: bytes, hash, commitment };
  },
  read(told) {
    const owner = readIdentity(told.signedIdentity);
    const known = told.known.length === 0 ? null : readContentKey(told.known, owner, null);
    const record = readContentKey(told.signedContentKey, owner, known);
    demandTold(told, { key: openContentKey(record, told.reader) }, 'differs');
  },
};
