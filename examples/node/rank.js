// Ranks a user's candidates on a SaviorRec server, puts up a new item, and ranks it with them.
//
//   npm install
//   node rank.js TARGET USER HISTORY CANDIDATES PICTURE
//
// for instance: node rank.js localhost:8500 10072 1000017,1000034 1000051,1000068 scarf.png
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

// What a page can wait, retries included; an item's picture takes the server longer.
const SCORE_MS = Number(process.env.SAVIOR_DEADLINE_MS ?? 300);
const UPSERT_MS = 10000;
const NEW_ITEM = '9000001';

// A PEM file of the authorities that the servers' certificates are of; without it, plaintext.
const AUTHORITIES = process.env.SAVIOR_AUTHORITIES;

// Calls go round all addresses of the name. Retries have a budget: ten failures use it up, ten
// successes earn one back. Where a server says when to come back, gRPC waits so long.
const SERVICE_CONFIG = {
  loadBalancingConfig: [{ round_robin: {} }],
  methodConfig: [
    {
      name: [{ service: 'saviorrec.v1.Scoring' }, { service: 'saviorrec.v1.Items' }],
      retryPolicy: {
        maxAttempts: 3,
        initialBackoff: '0.02s',
        maxBackoff: '0.5s',
        backoffMultiplier: 2,
        retryableStatusCodes: ['UNAVAILABLE', 'RESOURCE_EXHAUSTED'],
      },
    },
  ],
  retryThrottling: { maxTokens: 10, tokenRatio: 0.1 },
};

// Nobody answers in time, or at all: show the page without scores. Anything else is a mistake.
const NO_ANSWER = new Set([
  grpc.status.UNAVAILABLE,
  grpc.status.DEADLINE_EXCEEDED,
  grpc.status.RESOURCE_EXHAUSTED,
  grpc.status.INTERNAL,
]);

const PROTOS = path.join(__dirname, '..', '..', 'proto', 'src', 'main', 'proto');
const { saviorrec } = grpc.loadPackageDefinition(
  protoLoader.loadSync(['saviorrec/v1/scoring.proto', 'saviorrec/v1/items.proto'], {
    includeDirs: [PROTOS],
    longs: String, // an id may have more digits than a number of JavaScript holds
    enums: String,
    defaults: true,
  }),
);

// One client of each service, with its connections, serves a whole process.
function connect(target) {
  const credentials = AUTHORITIES
    ? grpc.credentials.createSsl(fs.readFileSync(AUTHORITIES))
    : grpc.credentials.createInsecure();
  const options = { 'grpc.service_config': JSON.stringify(SERVICE_CONFIG) };
  return {
    scoring: new saviorrec.v1.Scoring(target, credentials, options),
    items: new saviorrec.v1.Items(target, credentials, options),
  };
}

// Who calls, where servers ask for it. Only over TLS: whoever listens could use the token.
function metadata() {
  const metadata = new grpc.Metadata();
  if (process.env.SAVIOR_TOKEN && AUTHORITIES) {
    metadata.set('authorization', 'Bearer ' + process.env.SAVIOR_TOKEN);
  }
  return metadata;
}

function call(client, method, request, milliseconds) {
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + milliseconds };
    client[method](request, metadata(), options, (failure, answer) =>
      failure ? reject(failure) : resolve(answer),
    );
  });
}

// The candidates with click probability and source, the likeliest first; as they came, and with
// neither, where there is no answer.
async function rank(scoring, userId, history, candidates) {
  const request = {
    user: { userId, history },
    candidateIds: candidates,
    flags: { caller: 'example' },
  };
  let answer;
  try {
    answer = await call(scoring, 'score', request, SCORE_MS);
  } catch (failure) {
    if (!NO_ANSWER.has(failure.code)) {
      throw failure;
    }
    console.error(`not ranked: ${grpc.status[failure.code]}: ${failure.details}`);
    return candidates.map((itemId) => ({ itemId }));
  }
  return candidates
    .map((itemId, i) => ({ itemId, pctr: answer.pctr[i], source: answer.sources[i] }))
    .sort((one, other) => other.pctr - one.pctr);
}

// Once this returns, the item can be scored.
async function putUp(items, itemId, title, picture) {
  const item = { itemId, title, image: fs.readFileSync(picture) };
  const { results } = await call(items, 'upsertItems', { items: [item] }, UPSERT_MS);
  // What is wrong with one item fails no other, so it is not the call's status.
  if (results[0].error) {
    throw new Error(`item ${itemId}: ${results[0].error}`);
  }
}

async function main(target, userId, history, candidates, picture) {
  const { scoring, items } = connect(target);
  const print = (ranked) =>
    ranked.forEach(({ itemId, pctr, source }) => console.log(itemId, pctr, source));
  const clicked = history.split(',');
  const shown = candidates.split(',');
  print(await rank(scoring, userId, clicked, shown));
  await putUp(items, NEW_ITEM, 'Red scarf', picture);
  print(await rank(scoring, userId, clicked, [...shown, NEW_ITEM]));
  scoring.close();
  items.close();
}

main(...process.argv.slice(2)).catch((failure) => {
  console.error(
    failure.code === undefined ? failure.message : `${grpc.status[failure.code]}: ${failure.details}`,
  );
  process.exit(1);
});
