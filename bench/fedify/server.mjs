// An inbox by Fedify that takes the same signed messages as ours: proven, known once, and forgotten.
// Everything it needs of others (the people who write, and their keys) lies in memory.

import { readFileSync } from "node:fs";
import { serve } from "@hono/node-server";
import { createFederation, generateCryptoKeyPair, MemoryKvStore } from "@fedify/fedify";
import { Create, Person } from "@fedify/vocab";
import { getDocumentLoader } from "@fedify/vocab-runtime";

const [port, peopleFile] = process.argv.slice(2);
const people = new Map(Object.entries(JSON.parse(readFileSync(peopleFile, "utf8"))));
const bundled = getDocumentLoader();
const keys = await generateCryptoKeyPair("RSASSA-PKCS1-v1_5");

const load = async (url, options) => {
  const document = people.get(url.split("#")[0]);
  if (document === undefined) return await bundled(url, options);
  return { document, documentUrl: url, contextUrl: null };
};

const federation = createFederation({
  kv: new MemoryKvStore(),
  documentLoaderFactory: () => load,
  authenticatedDocumentLoaderFactory: () => load,
});

federation
  .setActorDispatcher("/desks/{identifier}", async (context, identifier) => {
    const [pair] = await context.getActorKeyPairs(identifier);
    return new Person({
      id: context.getActorUri(identifier),
      preferredUsername: identifier,
      inbox: context.getInboxUri(identifier),
      publicKey: pair.cryptographicKey,
    });
  })
  .setKeyPairsDispatcher(() => [keys]);

let taken = 0;
federation.setInboxListeners("/desks/{identifier}/inbox").on(Create, () => {
  taken += 1;
});

serve({
  port: Number(port),
  hostname: "127.0.0.1",
  fetch: (request) => federation.fetch(request, { contextData: undefined }),
}, () => console.log("ready"));
