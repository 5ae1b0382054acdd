"""Other servers, made of documents that a test writes itself, and what they send to a house."""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import databases
import httpx2
from deliveries import PRIVATE
from gates import House, open_house
from starlette.types import Receive, Scope, Send

from forgefed_gate.domain.ids import ActorId, KeyId, Slug
from forgefed_gate.domain.intents import Admit
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.protocol import keys
from forgefed_gate.protocol.httpsig import Dialect, sign
from forgefed_gate.protocol.keys import PrivateKey, SigningKey
from forgefed_gate.services import review, views
from forgefed_gate.store.migrations import shipped

AS2 = "https://www.w3.org/ns/activitystreams"
ACTIVITY_JSON = "application/activity+json"
AGREED = "I agree. I have read the parser for two weeks."
SQL = "".join(step.sql for step in shipped())
TABLES = sorted(
    {*re.findall(r"CREATE TABLE (\w+)", SQL)} - {*re.findall(r"ALTER TABLE (\w+) RENAME", SQL)}
)
CACHES = {"people", "peer_keys", "peers", "software"}
"""What we read elsewhere and could read again: it says nothing that anybody told us."""

_numbers = count(1)


@dataclass
class Peer:
    """A server elsewhere: every answer it gives, and everything it was asked and told."""

    authority: str
    answers: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    told: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    takes: int = 202

    @property
    def base(self) -> str:
        return f"https://{self.authority}"

    def serve(self, url: str, document: Any, *, status: int = 200, kind: str = ACTIVITY_JSON):
        """Answer *document* to whoever asks for *url*."""
        self.answers[url.removeprefix(self.base)] = (status, kind, json.dumps(document).encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while (message := await receive()).get("more_body") or message.get("body"):
            body += message["body"]
            if not message.get("more_body"):
                break
        status, kind, answer = self.takes, "text/plain", b""
        if scope["method"] == "POST":
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            self.told.append((scope["path"], headers, body))
        else:
            self.asked.append(scope["path"])
            status, kind, answer = self.answers.get(scope["path"], (404, "text/plain", b""))
        headers = [(b"content-type", kind.encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Somebody on a peer, with the key that they sign with."""

    peer: Peer
    id: ActorId
    key: SigningKey

    @property
    def told(self) -> list[dict[str, Any]]:
        """List what came to their inbox, oldest first."""
        path = f"{self.id.removeprefix(self.peer.base)}/inbox"
        return [json.loads(body) for to, _, body in self.peer.told if to == path]

    @property
    def notes(self) -> list[dict[str, Any]]:
        """List the notes that came to their inbox."""
        return [each["object"] for each in self.told if each["type"] == "Create"]


def settle(house: House, authority: str = "peer.example") -> Peer:
    """Put a server on the house's wire."""
    peer = Peer(authority)
    house.wire.apps[authority] = peer
    return peer


def person(
    peer: Peer, user: str = "bob", /, *, private: PrivateKey = PRIVATE["rsa"], **overrides: Any
) -> Sender:
    """Let somebody live on *peer*, their document served as Mastodon writes it."""
    me = ActorId(f"{peer.base}/users/{user}")
    key = SigningKey(id=KeyId(f"{me}#main-key"), owner=me, private=private)
    peer.serve(me, actor(me, key) | overrides)
    return Sender(peer=peer, id=me, key=key)


def actor(me: str, key: SigningKey) -> dict[str, Any]:
    """Write the document of an actor who owns *key*."""
    return {
        "@context": [AS2, "https://w3id.org/security/v1"],
        "id": me,
        "type": "Person",
        "preferredUsername": me.rpartition("/")[2],
        "inbox": f"{me}/inbox",
        "publicKey": public(key, owner=me),
    }


def public(key: SigningKey, **overrides: Any) -> dict[str, Any]:
    """Write the public half of *key*."""
    pem = keys.write_pem(key.private.public_key())
    return {"id": key.id, "owner": key.owner, "publicKeyPem": pem} | overrides


def activity(who: Sender, kind: str = "Like", **overrides: Any) -> dict[str, Any]:
    """Write an activity of *who*, under an id that is used once."""
    return {
        "@context": AS2,
        "id": f"{who.id}/activities/{next(_numbers)}",
        "type": kind,
        "actor": who.id,
        "object": "https://elsewhere.example/thing",
    } | overrides


def mention(
    who: Sender, desk: str, text: str = "Hello, may I help?", /, **overrides: Any
) -> dict[str, Any]:
    """Write a private note to one actor."""
    note = {
        "id": f"{who.id}/notes/{next(_numbers)}",
        "type": "Note",
        "attributedTo": who.id,
        "to": [desk],
        "cc": [],
        "content": f"<p>{text}</p>",
        "tag": [{"type": "Mention", "href": desk, "name": "@desk"}],
    } | overrides
    return activity(who, "Create", to=note["to"], cc=note["cc"], object=note)


def app(house: House) -> Any:
    """Give the application that serves *house*."""
    return house.wire.apps[house.gate.places.authority]


async def request(house: House, method: str, target: str, headers, body=b"") -> httpx2.Response:
    """Bring a request to *house*, header by header, past the wire that it speaks through."""
    lines = headers.items() if isinstance(headers, dict) else headers
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in lines]
    transport = httpx2.ASGITransport(app=app(house))
    async with httpx2.AsyncClient(transport=transport) as client:
        url = house.gate.places.base_url + target
        return await client.request(method, url, headers=raw, content=body)


async def send(
    house: House, who: Sender, document: Any, *, to: str = "", **changed: Any
) -> httpx2.Response:
    """Bring a signed activity of *who* to an inbox of *house*."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    inbox = f"{to or house.desk()}/inbox"
    dialect, key = changed.pop("dialect", Dialect.CAVAGE), changed.pop("key", who.key)
    signed = sign("POST", inbox, body=body, key=key, now=house.clock.now, dialect=dialect)
    headers = {"Host": house.gate.places.authority, "Content-Type": ACTIVITY_JSON, **signed}
    target = inbox.removeprefix(house.gate.places.base_url)
    return await request(house, "POST", target, headers | changed, body)


def outcome(response: httpx2.Response) -> tuple[int, str]:
    """Say how a delivery ended: the status, and the stable code where there is one."""
    return response.status_code, response.json()["code"] if response.content else ""


async def held(house: House) -> dict[str, int]:
    """Count the rows of every table that is not a cache."""
    return {table: await house.rows(table) for table in TABLES if table not in CACHES}


@asynccontextmanager
async def nothing_happens(house: House, *, asks: int = 0) -> AsyncGenerator[None]:
    """
    Hold that the block changes no row, queues no work and sends nothing.

    It may ask other servers *asks* times, for a key that nobody here knew.
    """
    before, log = await held(house), len(house.wire.log)
    yield
    assert await house.work() == 0
    assert await held(house) == before
    out = house.wire.log[log:]
    assert [method for method, _ in out] == ["GET"] * asks, out


async def refused(
    house: House, who: Sender, document: Any, *, asks: int = 0, **changed: Any
) -> tuple[int, str]:
    """Bring something that has no effect, and say how that ended."""
    async with nothing_happens(house, asks=asks):
        response = await send(house, who, document, **changed)
    return outcome(response)


@asynccontextmanager
async def one_for_all(engine: str, folder: Path) -> AsyncGenerator[House]:
    """Open one house for many refusals: nothing that it refuses may leave a trace."""
    limits = ("messages_per_minute", "knocks_per_hour")
    many = {name + per: 100_000 for name in limits for per in ("", "_host")}
    async with (
        databases.fresh(engine, folder) as database,
        open_house(folder, database, **many) as house,
    ):
        yield house


async def acquainted(house: House) -> Sender:
    """Meet somebody whose key is known from then on, so that nothing need be fetched."""
    bob = person(settle(house))
    assert outcome(await send(house, bob, activity(bob))) == (202, "")
    return bob


async def write(house, who, text="Hello, may I help?"):
    """Let somebody write, and do all that follows."""
    assert outcome(await send(house, who, mention(who, house.desk(), text))) == (202, "")
    await house.work()


async def act(house, what):
    """Do something as the operator, and all that follows."""
    await review.act(house.gate, what, by=OPERATOR, via="cli")
    await house.work()


async def admitted(house: House, who: Sender) -> str:
    """Let somebody come all the way in, and name their thread."""
    anvil = Slug("anvil")
    await write(house, who)
    await write(house, who, AGREED)
    knocks = await views.knock_list(house.gate, anvil, by=OPERATOR)
    await act(house, Admit(knock=knocks[0].knock.id))
    return (await views.thread_list(house.gate, anvil, by=OPERATOR))[0].thread.id
