// Reads a golden file on standard input and tells, for each valid case, what this implementation makes of its inputs
// and its verdict on the whole; and for each invalid case its verdict. Changed cases are like valid ones.
//   { format, valid: [{ inputs, outputs }], changed: [{ inputs, outputs }], invalid: [{ told }] }
//   → { valid: [{ outputs, verdict }], changed: [{ outputs, verdict }], invalid: [verdict] }
import { text } from 'node:stream/consumers';
import * as chain from './golden/chain.mjs';
import * as keys from './golden/keys.mjs';
import * as identities from './golden/identities.mjs';
import { linkTranscripts } from './golden/linking.mjs';
import * as logs from './golden/logs.mjs';
import { realmRequests, realmViews } from './golden/realm-accounts.mjs';
import { realmMessages } from './golden/realms.mjs';
import * as restoring from './golden/restoring.mjs';
import * as sessions from './golden/sessions.mjs';
import * as stores from './golden/stores.mjs';
import { bytesIn, hexIn } from './golden/told.mjs';
import { Refusal } from './refusal.mjs';

const formats = {
  'account-id': keys.accountIds,
  'audit-leaf': logs.leaves,
  checkpoint: logs.checkpoints,
  'code-slot': keys.codeSlots,
  commit: stores.commits,
  'content-key': identities.contentKeys,
  'epoch-commit': keys.epochCommits,
  'erasure-receipt': stores.receipts,
  head: stores.heads,
  identity: identities.identities,
  item: stores.items,
  'item-batch': restoring.itemBatches,
  keyset: keys.keysets,
  'leaf-label': chain.leafLabels,
  link: chain.links,
  'link-code': sessions.linkCodes,
  'link-transcript': linkTranscripts,
  'log-policy': logs.logPolicies,
  manifest: chain.manifests,
  'manifest-private': chain.manifestPrivates,
  'passphrase-slot': sessions.passphraseSlots,
  'previous-epoch-key': keys.previousEpochKeys,
  'realm-messages': realmMessages,
  'realm-requests': realmRequests,
  'realm-view': realmViews,
  'recovery-code': keys.recoveryCodes,
  repair: stores.repairs,
  'request-signature': sessions.requests,
  'restore-point': restoring.restorePoints,
  restored: stores.claims,
  'safety-number': identities.safetyNumbers,
  'sealed-message': identities.sealedMessages,
  sigchain: chain.sigchains,
  signature: keys.signature,
  'signed-note': logs.signedNotes,
  'tlog-proof': logs.tlogProofs,
  trail: chain.trails,
  undo: restoring.undos,
  vault: stores.vaults,
};

/** The word for which something is refused, or nothing. A fault of this program is no refusal. */
async function refusalOf(action) {
  try {
    await action();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.word;
    throw error;
  }
}

const file = JSON.parse(await text(process.stdin));
const { write, read, texts } = formats[file.format];
const told = (object) => bytesIn(object, '', texts);

async function judge(object) {
  return (await refusalOf(() => read(told(object)))) ?? 'accepted';
}

async function compute(inputs) {
  let outputs;
  const refused = await refusalOf(async () => { outputs = hexIn(await write(told(inputs))); });
  return refused === undefined ? outputs : { refused };
}

async function answerTo({ inputs, outputs }) {
  return { verdict: await judge({ ...inputs, ...outputs }), outputs: await compute(inputs) };
}

async function all(cases, answer) {
  const answers = [];
  for (const one of cases) answers.push(await answer(one));
  return answers;
}

console.log(JSON.stringify({
  valid: await all(file.valid, answerTo),
  changed: await all(file.changed, answerTo),
  invalid: await all(file.invalid, ({ told: object }) => judge(object)),
}));
