// Bob's server: one person on Fedify, and what reached his inbox and was proven there.

import { AsyncLocalStorage } from "node:async_hooks";
import { configure } from "@logtape/logtape";
import {
  createFederation,
  generateCryptoKeyPair,
  MemoryKvStore,
  verifyProof,
  verifyRequest,
} from "@fedify/fedify";
import * as vocab from "@fedify/fedify/vocab";
import "./network.mjs";
import { serve } from "./serve.mjs";

const { Activity, CryptographicKey, DataIntegrityProof, Endpoints, Multikey, Person } = vocab;

export const BOB = { identifier: "bob" };
export const came = [];

// What Fedify has to say, for whoever reads about a failure.
const stderr = ({ level, message }) => process.stderr.write(`${level}: ${message.join("")}\n`);
await configure({
  contextLocalStorage: new AsyncLocalStorage(),
  sinks: { stderr },
  loggers: [
    { category: "fedify", sinks: ["stderr"], lowestLevel: "warning" },
    { category: ["logtape", "meta"], sinks: ["stderr"], lowestLevel: "warning" },
  ],
});

const federation = createFederation({ kv: new MemoryKvStore(), allowPrivateAddress: true });
const keys = [
  await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"),
  await generateCryptoKeyPair("Ed25519"),
];

federation
  .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
    if (identifier !== BOB.identifier) return null;
    const pairs = await ctx.getActorKeyPairs(identifier);
    return new Person({
      id: ctx.getActorUri(identifier),
      preferredUsername: identifier,
      name: "Bob",
      inbox: ctx.getInboxUri(identifier),
      endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
      publicKey: pairs[0].cryptographicKey,
      assertionMethods: pairs.map((pair) => pair.multikey),
    });
  })
  .mapHandle((_, username) => username)
  .setKeyPairsDispatcher(() => keys);

const told = new Set();
federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .setSharedKeyDispatcher(() => BOB)
  .on(Activity, (_, activity) => told.add(activity.id.href));

const origin = await serve(process.argv[2], answer);
export const ctx = federation.createContext(new URL(origin), undefined);

async function answer(request) {
  const response = await federation.fetch(request.clone(), { contextData: undefined });
  const inbox = ctx.getInboxUri(BOB.identifier).href;
  if (request.method === "POST" && request.url === inbox) await keep(request, response.status);
  return response;
}

async function keep(request, status) {
  const activity = await request.clone().json();
  const key = await verifyRequest(request, verifying);
  if (key === null) return;
  if (status < 300 && !told.has(activity.id)) throw new Error("Fedify told no listener of it.");
  came.push({ activity, signer: key.ownerId.href, proof: await proven(activity), status });
}

async function proven(activity) {
  if (!("proof" in activity)) return null;
  const written = { "@context": activity["@context"], ...activity.proof };
  const proof = await DataIntegrityProof.fromJsonLd(written, ctx);
  return (await verifyProof(activity, proof, verifying)) !== null;
}

// Fedify reads no key from an actor whose type it does not know, such as a ForgeFed Project: that
// key is handed to its verifiers as it stands in the actor's own document.
const verifying = {
  documentLoader: ctx.documentLoader,
  contextLoader: ctx.contextLoader,
  keyCache: { get: keyOfUnknown, set: async () => {} },
};

async function keyOfUnknown(id) {
  const { document } = await ctx.documentLoader(id.href);
  if (document.type in vocab) return undefined;
  const key = [document.publicKey, ...document.assertionMethod].find((each) => each.id === id.href);
  const kind = key === document.publicKey ? CryptographicKey : Multikey;
  return await kind.fromJsonLd({ "@context": document["@context"], ...key }, ctx);
}
