// Reads one request as JSON on standard input and answers it with npm @cloudflare/voprf-ts: VOPRF (RFC 9497, mode 0x01)
// over ristretto255 and SHA-512. Bytes are hexadecimal.
//   { do: "serve", key, blinded: [] }                        → { publicKey, evaluated: [], proof }
//   { do: "blind", inputs: [] }                              → { state, blinded: [] }
//   { do: "finalize", publicKey, state, evaluated: [], proof } → { outputs: [] } or { refused }
//   { do: "evaluate", key, input }                           → { output }
import { text } from 'node:stream/consumers';
import {
  DLEQProof, Evaluation, EvaluationRequest, FinalizeData, Oprf, VOPRFClient, VOPRFServer, generatePublicKey,
} from '@cloudflare/voprf-ts';
import { CryptoNoble } from '@cloudflare/voprf-ts/crypto-noble';

Oprf.Crypto = CryptoNoble;
const suite = Oprf.Suite.RISTRETTO255_SHA512;
const group = Oprf.getGroup(suite);
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (part) => Buffer.from(part).toString('hex');
const elements = (list) => list.map((element) => group.desElt(bytes(element)));

const verbs = {
  async serve({ key, blinded }) {
    const server = new VOPRFServer(suite, bytes(key));
    const { evaluated, proof } = await server.blindEvaluate(new EvaluationRequest(elements(blinded)));
    return {
      publicKey: hex(generatePublicKey(suite, bytes(key))),
      evaluated: evaluated.map((element) => hex(element.serialize())),
      proof: hex(proof.serialize()),
    };
  },
  async blind({ inputs }) {
    const [state, request] = await new VOPRFClient(suite, new Uint8Array()).blind(inputs.map(bytes));
    return { state: hex(state.serialize()), blinded: request.blinded.map((element) => hex(element.serialize())) };
  },
  async finalize({ publicKey, state, evaluated, proof }) {
    const evaluation = new Evaluation(Oprf.Mode.VOPRF, elements(evaluated), DLEQProof.deserialize(group.id, bytes(proof)));
    try {
      const outputs = await new VOPRFClient(suite, bytes(publicKey)).finalize(FinalizeData.deserialize(suite, bytes(state)), evaluation);
      return { outputs: outputs.map(hex) };
    } catch (error) {
      return { refused: error.message };
    }
  },
  async evaluate({ key, input }) {
    return { output: hex(await new VOPRFServer(suite, bytes(key)).evaluate(bytes(input))) };
  },
};

const request = JSON.parse(await text(process.stdin));
console.log(JSON.stringify(await verbs[request.do](request)));
