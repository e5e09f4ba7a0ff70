// An OpenID provider on a port that the system chooses, for as long as whoever started this keeps its standard input open.
// Anybody logs in, by whatever name. As an operator is told to set one up (docs/operations.md, "Tokens of your issuer"): an
// app whose users log in, a back end with a secret, and access tokens for two audiences. `POST /keys/next` is what an
// issuer does who replaces its key, `POST /keys/retire` what it does when the tokens of the old one have run out.
const { createServer } = require("node:http");
const { generateKeyPairSync, randomUUID } = require("node:crypto");

// What it says of itself as a program for development belongs to nobody here.
console.info = console.warn = () => {};

const newKey = () => ({
  ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }),
  kid: randomUUID(), alg: "ES256", use: "sig",
});

const audiences = {
  "https://keys.example.org/": { audience: "keyrecovery", scope: "" },
  "https://keys.example.org/admin": { audience: "keyrecovery-officers", scope: "keyrecovery.erase keyrecovery.statistics" },
};

import("oidc-provider").then(({ Provider }) => {
  let keys = [newKey()];
  let provider;
  const server = createServer((request, response) => {
    if (request.method !== "POST" || !request.url.startsWith("/keys/")) return provider.callback()(request, response);
    keys = request.url === "/keys/next" ? [newKey(), ...keys] : [keys[0]];
    provider = made();
    response.end();
  });
  const made = () => new Provider(`http://127.0.0.1:${server.address().port}`, {
    jwks: { keys },
    cookies: { keys: [randomUUID()] },
    clients: [
      {
        client_id: "messenger", application_type: "native", token_endpoint_auth_method: "none",
        redirect_uris: ["org.example.messenger:/signed-in"], grant_types: ["authorization_code"],
        response_types: ["code"], id_token_signed_response_alg: "ES256",
      },
      {
        client_id: "officers", client_secret: "of-a-test", redirect_uris: [], grant_types: ["client_credentials"],
        response_types: [], id_token_signed_response_alg: "ES256",
      },
    ],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => "https://keys.example.org/",
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource) => ({
          ...audiences[resource], accessTokenFormat: "jwt", accessTokenTTL: 300,
          jwt: { sign: { alg: "ES256", kid: keys[0].kid } },
        }),
      },
    },
  });
  server.listen(0, "127.0.0.1", () => {
    provider = made();
    console.log(`ready ${server.address().port}`);
  });
});
process.stdin.on("end", () => process.exit(0)).resume();
