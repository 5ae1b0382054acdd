"""bovine-herd as a peer of the interop tests; what a peer is stands in ../__init__.py."""

import asyncio
import copy
import html
import json
import logging
import shutil
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
from bovine import BovineClient
from bovine.clients import fetch_nodeinfo
from bovine_herd import BovineHerd
from bovine_process import process_inbox_item, process_outbox_item
from bovine_process.types import ProcessingItem
from bovine_store import BovineAdminStore, BovineStore
from bovine_store.actor.bovine_store_actor import BovineStoreActor
from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart, request

Json = dict[str, Any]
log = logging.getLogger("peer")


class Network:
    """The network of a closed test: this machine only, and without TLS."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.last_answer = 0

    async def __call__(
        self, asked: aiohttp.ClientRequest, ask: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Ask over http, and remember what the latest delivery to elsewhere was answered with."""
        if not (asked.url.host or "").startswith("127."):
            raise aiohttp.ClientConnectionError(f"{asked.url} is not on this machine.")
        asked.url = asked.url.with_scheme("http")
        answer = await ask(asked)
        if asked.method == "POST" and str(asked.url.origin()) != self.origin:
            self.last_answer = answer.status
        return answer


class Herd:
    """A server with one person on it."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.network = Network(origin)
        self.came: list[Json] = []
        self.bob: asyncio.Future[BovineStoreActor] = asyncio.get_running_loop().create_future()
        self.app = Quart("herd")
        BovineHerd(
            self.app,
            start_background_task_inbox=self._receive,
            start_background_task_outbox=process_outbox_item,  # at once: the outbox answers later
            db_url="sqlite://herd.sqlite3",
        )
        self.app.before_serving(self._settle)

    async def _settle(self) -> None:
        """Let bob live here, and let all of it use one network."""
        await self.app.config["session"].close()
        session = aiohttp.ClientSession(middlewares=[self.network])
        store = BovineStore(session=session)
        self.app.config |= {"session": session, "bovine_store": store}
        name = await BovineAdminStore(domain=self.origin).register("bob")
        await store.application_actor_for_url(self.origin)  # draws its key, once
        self.bob.set_result(await store.actor_for_name(name))

    async def _receive(self, item: ProcessingItem, actor: BovineStoreActor) -> None:
        """Remember what came and who signed it, and do with it what bovine does, as it does."""
        activity = copy.deepcopy(item.data)
        self.came.append(
            {"activity": activity, "signer": item.submitter, "proof": None, "status": 202}
        )
        self.app.add_background_task(process_inbox_item, item, actor)


class Bob:
    """The person, signed in as by an application of his: every word goes through his outbox."""

    def __init__(self, me: BovineStoreActor, client: BovineClient, network: Network) -> None:
        self.me = me
        self.client = client
        self.network = network
        self.activities, self.objects = client.factories
        self.follows: dict[str, Json] = {}

    async def look_up(self, what: str) -> Json:
        """Find an actor by its URL, or by its handle through WebFinger."""
        found = await self.client.proxy(f"acct:{what.removeprefix('@')}" if "@" in what else what)
        return {name: found.get(name) for name in ("id", "type", "inbox")}

    async def node_info(self, of: str) -> Json:
        """Read what a server says of itself."""
        found = await fetch_nodeinfo(self.client.session, of.partition("://")[2])
        assert found is not None, f"bovine finds no NodeInfo at {of}."
        return {"software": found["software"]["name"], "version": found["software"]["version"]}

    async def follow(self, actor: str) -> Json:
        """Follow somebody."""
        follow = self.activities.follow(actor).build()
        said = await self._say(follow)
        self.follows[actor] = follow | {"id": said["id"]}
        return said

    async def unfollow(self, actor: str) -> Json:
        """Take a Follow back; bovine names it by its id alone."""
        return await self._say(self.activities.undo(self.follows[actor]).build())

    async def mention(self, to: str, text: str) -> Json:
        """Write to somebody, privately."""
        return await self._write(to, text)

    async def reply(self, to: str, text: str, in_reply_to: str) -> Json:
        """Write to somebody below something."""
        return await self._write(to, text, in_reply_to=in_reply_to)

    async def _write(self, to: str, text: str, **more: str) -> Json:
        mention = (await self.objects.mention_for_actor_uri(to)).build()
        content = f"<p>@{mention['name']} {html.escape(text, quote=False)}</p>"
        note = self.objects.note(content=content, to={to}, tag=[mention], **more).build()
        said = await self._say(self.activities.create(note).build())
        create = await self.me.retrieve(said["id"])
        return said | {"id": create["object"]}

    async def edit(self, id: str, text: str) -> Json:  # noqa: A002 - the name in the protocol
        """Say it better."""
        note = await self.me.retrieve(id)
        newer = note | {"content": f"<p>{html.escape(text, quote=False)}</p>"}
        return await self._say(self.activities.update(newer).build()) | {"id": id}

    async def delete(self, id: str) -> Json:  # noqa: A002 - the name in the protocol
        """Take it back; bovine fills in for whom it was."""
        return await self._say(self.activities.delete(id).build()) | {"id": id}

    async def block(self, actor: str) -> Json:
        """Have no more to do with somebody."""
        return await self._say(self.activities.block(actor).build())

    async def _say(self, activity: Json) -> Json:
        """Bring an activity to the outbox, and tell what the inbox it led to answered."""
        self.network.last_answer = 0
        answer = await self.client.send_to_outbox(activity)
        assert answer.status == 201, await answer.text()
        return {"id": answer.headers["location"], "status": self.network.last_answer}


async def sign_in(herd: Herd) -> Bob:
    """Wait until bob lives on the herd, and sign in as him by his key."""
    me = await herd.bob
    key = me.client.secret.key_id
    client = BovineClient(actor_id=me.actor_id, public_key_url=key, secret=me.secret)
    await client.init(session=me.session)
    return Bob(me, client, herd.network)


def control(herd: Herd, bob: Bob) -> Quart:
    """Lead bob by a few words over HTTP."""
    app = Quart("control")
    words: dict[str, Callable[..., Awaitable[Json]]] = {
        "look-up": bob.look_up,
        "node-info": bob.node_info,
        "follow": bob.follow,
        "unfollow": bob.unfollow,
        "mention": bob.mention,
        "reply": bob.reply,
        "edit": bob.edit,
        "delete": bob.delete,
        "block": bob.block,
    }

    @app.get("/control/came")
    async def came() -> Json:
        return {"came": herd.came}

    @app.post("/control/<word>")
    async def said(word: str) -> tuple[Json, int]:
        if word not in words:
            return {"why": f"bovine knows no {word}."}, 501
        try:
            return await words[word](**await request.get_json()), 200
        except Exception as error:
            log.exception("%s went wrong", word)
            return {"why": repr(error)}, 500

    return app


def listen(address: str) -> tuple[Config, str]:
    """Open a port of *address* that nobody has, and name its origin."""
    opened = socket.create_server((address, 0))
    origin = f"http://{address}:{opened.getsockname()[1]}"
    config = Config()
    config.bind = [f"fd://{opened.detach()}"]
    return config, origin


async def main(address: str) -> None:
    """Serve bob and his control until somebody ends it."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    (config, origin), (led, led_at) = listen(address), listen(address)
    herd = Herd(origin)
    async with asyncio.TaskGroup() as both:
        both.create_task(serve(herd.app, config, shutdown_trigger=ended.wait))
        bob = await sign_in(herd)
        both.create_task(serve(control(herd, bob), led, shutdown_trigger=ended.wait))
        handle = f"@bob@{origin.partition('://')[2]}"
        line = {"actor": bob.me.actor_id, "handle": handle, "control": led_at}
        print(json.dumps(line), flush=True)  # noqa: T201 - the one line that starts the tests


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    try:
        asyncio.run(main(*sys.argv[1:]))
    finally:
        shutil.rmtree(Path.cwd())
