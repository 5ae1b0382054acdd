// Fedify as a peer of the interop tests, and what bob can be asked to do: see ../__init__.py.

import { randomUUID } from "node:crypto";
import { Temporal } from "@js-temporal/polyfill";
import { parseNodeInfo, SendActivityError } from "@fedify/fedify";
import {
  Block,
  Create,
  Delete,
  Follow,
  Mention,
  Note,
  Tombstone,
  Undo,
  Update,
} from "@fedify/fedify/vocab";
import { lastAnswer } from "./network.mjs";
import { serve } from "./serve.mjs";
import { BOB, came, ctx } from "./server.mjs";

const me = ctx.getActorUri(BOB.identifier);
const notes = new Map();
const follows = new Map();

const words = {
  "look-up": async ({ what }) => {
    const actor = await found(what);
    return { id: actor.id.href, type: actor.constructor.name, inbox: actor.inboxId.href };
  },

  // Fedify asks no private address for its NodeInfo, so what it is to read is brought to it.
  "node-info": async ({ of }) => {
    const { links } = await (await fetch(new URL("/.well-known/nodeinfo", of))).json();
    const { href } = links.find(({ rel }) => rel.endsWith("/ns/schema/2.1"));
    const { software } = parseNodeInfo(await (await fetch(href)).json());
    return { software: software.name, version: software.version };
  },

  follow: async ({ actor }) => {
    const follow = new Follow({ id: fresh("follows"), actor: me, object: new URL(actor) });
    follows.set(actor, follow);
    return await sent(actor, follow, follow.id);
  },

  unfollow: async ({ actor }) => {
    const undo = new Undo({ id: fresh("undos"), actor: me, object: follows.get(actor) });
    return await sent(actor, undo, undo.id);
  },

  mention: async ({ to, text }) => await written(to, text, null),

  reply: async ({ to, text, in_reply_to }) => await written(to, text, new URL(in_reply_to)),

  edit: async ({ id, text }) => {
    const { to, note } = notes.get(id);
    const newer = note.clone({ content: html(to, text), updated: Temporal.Now.instant() });
    return await sent(to, new Update({ ...envelope("updates", to), object: newer }), note.id);
  },

  delete: async ({ id }) => {
    const { to, note } = notes.get(id);
    const gone = new Tombstone({ id: note.id });
    return await sent(to, new Delete({ ...envelope("deletes", to), object: gone }), note.id);
  },

  block: async ({ actor }) => {
    const block = new Block({ id: fresh("blocks"), actor: me, object: new URL(actor) });
    return await sent(actor, block, block.id);
  },
};

async function found(what) {
  const actor = await ctx.lookupObject(what);
  if (actor === null) throw new Error(`Fedify finds nothing at ${what}.`);
  return actor;
}

async function written(to, text, replyTarget) {
  const note = new Note({
    id: fresh("notes"),
    attribution: me,
    to: new URL(to),
    replyTarget,
    content: html(to, text),
    published: Temporal.Now.instant(),
    tags: [new Mention({ href: new URL(to), name: `@${user(to)}@${new URL(to).host}` })],
  });
  notes.set(note.id.href, { to, note });
  return await sent(to, new Create({ ...envelope("creates", to), object: note }), note.id);
}

async function sent(to, activity, id) {
  try {
    await ctx.sendActivity(BOB, await found(to), activity, { immediate: true });
  } catch (error) {
    if (!(error instanceof SendActivityError)) throw error;
  }
  return { id: id.href, status: lastAnswer };
}

const fresh = (kind) => new URL(`/${kind}/${randomUUID()}`, me);
const envelope = (kind, to) => ({ id: fresh(kind), actor: me, to: new URL(to) });
const user = (url) => url.split("/").at(-1);
const html = (to, text) =>
  `<p><a href="${to}" class="u-url mention">@<span>${user(to)}</span></a> ${escaped(text)}</p>`;
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

async function control(request) {
  const word = new URL(request.url).pathname.replace("/control/", "");
  if (word === "came") return Response.json({ came });
  return Response.json(await words[word](await request.json()));
}

console.log(
  JSON.stringify({
    actor: me.href,
    handle: `@${BOB.identifier}@${me.host}`,
    control: await serve(process.argv[2], control),
  }),
);
