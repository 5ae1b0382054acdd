// The network of a closed test: this machine, without TLS, and copies of what stands elsewhere.

import { readFile } from "node:fs/promises";

const COPIES = new URL("../../../../forgefed_gate/protocol/contexts/", import.meta.url);
const STANDS_ELSEWHERE = { "https://forgefed.org/ns": "forgefed.jsonld" };

const fetchAsItIs = globalThis.fetch;

/** What the latest POST was answered with: Fedify itself tells only of failures. */
export let lastAnswer = null;

globalThis.fetch = async (what, how) => {
  const url = what instanceof Request ? what.url : String(what);
  if (url in STANDS_ELSEWHERE) return await copyOf(url);
  if (!/^127\./.test(new URL(url).hostname)) throw new TypeError(`${url} is not on this machine.`);
  const answer = await fetchAsItIs(what instanceof Request ? what : overHttp(url), how);
  if (what instanceof Request && what.method === "POST") lastAnswer = answer.status;
  return answer;
};

const overHttp = (url) => url.replace(/^https:/, "http:");

async function copyOf(url) {
  const copy = await readFile(new URL(STANDS_ELSEWHERE[url], COPIES));
  return new Response(copy, { headers: { "Content-Type": "application/ld+json" } });
}
