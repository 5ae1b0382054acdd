// A server of Node's for programs that speak in requests and responses, as Fedify does.

import { createServer } from "node:http";
import { text } from "node:stream/consumers";

/** Serve at a free port of an address, and give the origin once it answers. */
export function serve(address, respond) {
  const server = createServer(async (incoming, outgoing) => {
    const response = await respond(await asRequest(incoming)).catch(asFailure);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  });
  const { promise, resolve } = Promise.withResolvers();
  server.listen(0, address, () => resolve(`http://${address}:${server.address().port}`));
  return promise;
}

async function asRequest(incoming) {
  const { method, url, headers } = incoming;
  const body = method === "GET" ? undefined : await text(incoming);
  return new Request(`http://${headers.host}${url}`, { method, headers, body });
}

function asFailure(error) {
  process.stderr.write(`${error.stack}\n`);
  return Response.json({ why: String(error) }, { status: 500 });
}
