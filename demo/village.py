"""A small fediverse server, with just enough of it for people to write and be written to."""

import asyncio
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from demo.pages import mailbox
from forgefed_gate.domain.ids import ActorId, KeyId, Millis
from forgefed_gate.net.fetch import Answer, Outbound
from forgefed_gate.protocol import httpsig, keys
from forgefed_gate.protocol.httpsig import Dialect
from forgefed_gate.protocol.keys import SigningKey

AS2 = "https://www.w3.org/ns/activitystreams"
ACTIVITY_JSON = "application/activity+json"


@dataclass(kw_only=True)
class Villager:
    """Somebody who lives here, with what came to them and what they wrote, oldest first."""

    id: ActorId
    name: str
    key: SigningKey
    kind: str = "Person"
    shown: str = ""
    """The name that they chose to be shown by, where it is another one."""
    came: list[dict[str, Any]] = field(default_factory=list)
    mail: list[dict[str, Any]] = field(default_factory=list)
    """What came and what they wrote, as it happened."""

    def notes(self) -> list[dict[str, Any]]:
        """List the private notes that came."""
        return [each["object"] for each in self.came if each["type"] == "Create"]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """List the activities of one type that came."""
        return [each for each in self.came if each["type"] == kind]


class Village:
    """One small server under *base_url*, which reaches the world by *outbound*."""

    def __init__(self, base_url: str, outbound: Outbound) -> None:
        self.base_url = base_url
        self.outbound = outbound
        self.people: dict[str, Villager] = {}
        self.dialect = Dialect.CAVAGE
        self.accepts = 202
        self.heard = asyncio.Event()
        self.app = Starlette(
            routes=[
                Route("/.well-known/webfinger", self._web_finger),
                Route("/@{name}", self._mailbox),
                Route("/users/{name}", self._person),
                Route("/users/{name}/inbox", self._inbox, methods=["POST"]),
            ]
        )

    def settle(self, name: str, *, kind: str = "Person") -> Villager:
        """Let somebody live here."""
        me = ActorId(f"{self.base_url}/users/{name}")
        key = SigningKey(id=KeyId(f"{me}#main-key"), owner=me, private=keys.new_rsa())
        self.people[name] = Villager(id=me, name=name, key=key, kind=kind)
        return self.people[name]

    async def send(
        self, who: Villager, inbox: str, activity: dict[str, Any], *, now: int | None = None
    ) -> Answer:
        """Bring a signed activity of *who* to an inbox."""
        body = json.dumps({"@context": AS2, "actor": who.id, **activity}).encode()
        moment = Millis(now if now is not None else time.time_ns() // 1_000_000)
        signed = httpsig.sign(
            "POST", inbox, body=body, key=who.key, now=moment, dialect=self.dialect
        )
        return await self.outbound.post(inbox, {**signed, "Content-Type": ACTIVITY_JSON}, body)

    def note(
        self, who: Villager, to: str, text: str, *, in_reply_to: str | None = None
    ) -> dict[str, Any]:
        """Write a private mention, as Mastodon writes it."""
        name, user = f"{who.id}/notes/{secrets.token_hex(8)}", to.rpartition("/")[2]
        return {
            "id": f"{name}/activity",
            "type": "Create",
            "to": [to],
            "cc": [],
            "object": {
                "id": name,
                "type": "Note",
                "attributedTo": who.id,
                "to": [to],
                "cc": [],
                "inReplyTo": in_reply_to,
                "content": f'<p><span class="h-card"><a href="{to}" class="u-url mention">'
                f"@<span>{user}</span></a></span> {text}</p>",
                "tag": [{"type": "Mention", "href": to, "name": f"@{user}"}],
            },
        }

    async def write(self, who: Villager, to: str, text: str, **more: Any) -> Answer:
        """Send a private mention to an actor; a reply goes to what came last from them."""
        if "in_reply_to" not in more and who.notes():
            more["in_reply_to"] = who.notes()[-1]["id"]
        activity = self.note(who, to, text, **more)
        who.mail.append(activity)
        return await self.send(who, f"{to}/inbox", activity)

    async def _web_finger(self, request: Request) -> Response:
        name = request.query_params["resource"].removeprefix("acct:").partition("@")[0]
        if name not in self.people:
            return Response(status_code=404)
        link = {"rel": "self", "type": ACTIVITY_JSON, "href": self.people[name].id}
        jrd = {"subject": request.query_params["resource"], "links": [link]}
        return JSONResponse(jrd, media_type="application/jrd+json")

    async def _person(self, request: Request) -> Response:
        who = self.people.get(request.path_params["name"])
        if who is None:
            return Response(status_code=404)
        public = keys.write_pem(who.key.private.public_key())
        document = {
            "@context": [AS2, "https://w3id.org/security/v1"],
            "id": who.id,
            "type": who.kind,
            "preferredUsername": who.name,
            "name": who.shown or who.name.title(),
            "inbox": f"{who.id}/inbox",
            "outbox": f"{who.id}/outbox",
            "publicKey": {"id": who.key.id, "owner": who.id, "publicKeyPem": public},
        }
        return JSONResponse(document, media_type=ACTIVITY_JSON)

    async def _mailbox(self, request: Request) -> Response:
        who = self.people.get(request.path_params["name"])
        if who is None:
            return Response(status_code=404)
        return HTMLResponse(mailbox(who.name.title(), who.id, who.mail))

    async def _inbox(self, request: Request) -> Response:
        who = self.people.get(request.path_params["name"])
        if who is None:
            return Response(status_code=404)
        if self.accepts < 300:  # noqa: PLR2004 - HTTP says so
            who.came.append(await request.json())
            who.mail.append(who.came[-1])
            self.heard.set()
        return Response(status_code=self.accepts)
