"""A Forgejo in this process: accounts, tokens with scopes, and one repository, as documented."""

import hashlib
import hmac
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from gates import House, open_house
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from forgefed_gate.domain.ids import Slug
from forgefed_gate.domain.observing import LABEL
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import connecting
from forgefed_gate.store.database import Database
from forgefed_gate.store.forges import Connection

FORGE = "https://forge.example"
TOKEN = "0123456789abcdef0123456789abcdef01234567"
SCOPES = frozenset({"read:user", "write:repository", "write:issue"})
VECTORS = Path(__file__).parent / "vectors" / "forge"
SECRET = b"s3cr3t"
"""What the captured deliveries were signed with."""
ALICE, BOB, GATE, CAROL = 1, 2, 7, 8
NAMES = {-1: "Ghost", ALICE: "alice", BOB: "bob", GATE: "gate-bot", CAROL: "carol"}

Handler = Callable[["Forgejo", Request], Awaitable[Response]]


@dataclass
class Forgejo:
    """A forge with the repository alice/demo, which has the number 2."""

    name: str = "demo"
    admins: set[int] = field(default_factory=lambda: {ALICE, GATE})
    collaborators: set[int] = field(default_factory=lambda: {GATE})
    team: set[int] = field(default_factory=set)
    """Who may write without being a collaborator: a team of the organisation."""
    scopes: frozenset[str] = SCOPES
    hooks: dict[int, dict[str, Any]] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    timeline: list[dict[str, Any]] = field(default_factory=list)
    trouble: dict[tuple[str, str], int] = field(default_factory=dict)
    """Statuses for requests by their method and the end of their path; 0 does and then breaks."""
    forgejo: bool = True
    secret: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        """The application that it is."""
        repo = "/api/v1/repos/{owner}/{repo}"
        routes = [
            ("/api/forgejo/v1/version", "GET", own_version, ""),
            ("/api/v1/version", "GET", version, ""),
            ("/api/v1/user", "GET", account, "read:user"),
            ("/api/v1/repositories/{id:int}", "GET", repository, "read:repository"),
            (repo, "GET", repository, "read:repository"),
            (f"{repo}/collaborators/{{who}}", "GET", collaborator, "read:repository"),
            (f"{repo}/collaborators/{{who}}/permission", "GET", permission, "read:repository"),
            (f"{repo}/hooks", "GET", hooks, "read:repository"),
            (f"{repo}/hooks", "POST", add_hook, "write:repository"),
            (f"{repo}/hooks/{{id:int}}", "DELETE", drop_hook, "write:repository"),
            (f"{repo}/labels", "GET", labels, "read:issue"),
            (f"{repo}/labels", "POST", add_label, "write:issue"),
            (f"{repo}/issues/{{id:int}}", "GET", issue, "read:issue"),
            (f"{repo}/issues/{{id:int}}/labels", "POST", put_label, "write:issue"),
            (f"{repo}/issues/{{id:int}}/timeline", "GET", timeline, "read:issue"),
        ]
        return Starlette(
            routes=[
                Route(path, self._guarded(handler, scope), methods=[method])
                for path, method, handler, scope in routes
            ]
        )

    def _guarded(self, handler: Handler, scope: str) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            self.asked.append((request.method, request.url.path))
            self.tokens.append(request.headers.get("authorization", ""))
            broken = self._broken(request)
            if broken:
                return no(broken)
            if scope and request.headers.get("authorization") != f"token {TOKEN}":
                return no(401)
            if scope and not {scope, scope.replace("read:", "write:")} & self.scopes:
                return no(403)
            if request.path_params.get("repo", self.name) != self.name:
                return no(404)
            answered = await handler(self, request)
            return no(502) if broken == 0 else answered

        return answer

    def _broken(self, request: Request) -> int | None:
        found = (
            status
            for (method, end), status in self.trouble.items()
            if request.method == method and request.url.path.endswith(end)
        )
        return next(found, None)

    def changes(self) -> list[tuple[str, str]]:
        """List what it was asked that changes something."""
        return [each for each in self.asked if each[0] != "GET"]

    def open(self, number: int, author: int = BOB, **changed: Any) -> None:
        """Let somebody open an issue."""
        self.issues[number] = {
            "number": number,
            "user": {"id": author, "login": NAMES[author]},
            "title": "It breaks",
            "body": "Steps: run.",
            "labels": [],
            "state": "open",
        } | changed

    def labels_of(self, number: int) -> list[str]:
        """Name the labels of an issue."""
        return [each["name"] for each in self.issues[number]["labels"]]


def no(status: int) -> Response:
    return JSONResponse({"message": "no", "url": f"{FORGE}/api/swagger"}, status)


async def own_version(forge: Forgejo, _: Request) -> Response:
    return JSONResponse({"version": "17.0.1+gitea-1.22.0"}) if forge.forgejo else no(404)


async def version(_: Forgejo, __: Request) -> Response:
    return JSONResponse({"version": "1.24.6"})


async def account(_: Forgejo, __: Request) -> Response:
    return JSONResponse({"id": GATE, "login": NAMES[GATE], "email": "gate-bot@forge.example"})


async def repository(forge: Forgejo, request: Request) -> Response:
    if request.path_params.get("id", 2) != 2:
        return no(404)
    found = {
        "id": 2,
        "full_name": f"alice/{forge.name}",
        "owner": {"id": ALICE, "login": "alice"},
        "permissions": {"admin": GATE in forge.admins, "push": True, "pull": True},
    }
    return JSONResponse(found)


def number_of(request: Request) -> int:
    numbers = {name: number for number, name in NAMES.items()}
    return numbers[request.path_params["who"]]


async def collaborator(forge: Forgejo, request: Request) -> Response:
    found = number_of(request) in forge.collaborators
    return Response(status_code=204) if found else no(404)


async def permission(forge: Forgejo, request: Request) -> Response:
    if GATE not in forge.admins:
        return no(403)
    may = "write" if number_of(request) in forge.team else "read"
    return JSONResponse({"permission": may, "role_name": may})


async def hooks(forge: Forgejo, request: Request) -> Response:
    if GATE not in forge.admins:
        return no(403)
    return JSONResponse(paged([*forge.hooks.values()], request))


async def add_hook(forge: Forgejo, request: Request) -> Response:
    asked = await request.json()
    if GATE not in forge.admins:
        return no(403)
    if not {"url", "content_type"} <= asked["config"].keys():
        return no(422)
    number = len(forge.hooks) + 41
    kept = {"url": asked["config"]["url"], "content_type": asked["config"]["content_type"]}
    shown = {
        "id": number,
        "type": asked["type"],
        "active": asked.get("active", False),
        "config": kept,
        "events": [each.removesuffix("_only") for each in asked.get("events", ["push"])],
    }
    forge.hooks[number] = shown
    forge.secret = asked["config"]["secret"]
    return JSONResponse(shown, 201)


async def drop_hook(forge: Forgejo, request: Request) -> Response:
    found = forge.hooks.pop(request.path_params["id"], None)
    return Response(status_code=204) if found else no(404)


def paged(items: list[Any], request: Request) -> list[Any]:
    size, page = int(request.query_params["limit"]), int(request.query_params["page"])
    assert size <= 50
    return items[(page - 1) * size : page * size]


def label_of(number: int, name: str) -> dict[str, Any]:
    return {"id": number, "name": name, "color": "8a8a8a"}


async def labels(forge: Forgejo, request: Request) -> Response:
    return JSONResponse(paged([label_of(*each) for each in forge.labels.items()], request))


async def add_label(forge: Forgejo, request: Request) -> Response:
    asked = await request.json()
    number = max(forge.labels, default=0) + 1
    forge.labels[number] = asked["name"]
    return JSONResponse(label_of(number, asked["name"]), 201)


async def issue(forge: Forgejo, request: Request) -> Response:
    found = forge.issues.get(request.path_params["id"])
    return JSONResponse(found) if found else no(404)


async def put_label(forge: Forgejo, request: Request) -> Response:
    number = request.path_params["id"]
    on = forge.issues[number]["labels"]
    for each in (await request.json())["labels"]:
        put = label_of(each, forge.labels[each])
        on += [] if put in on else [put]
        who = {"id": GATE, "login": NAMES[GATE]}
        forge.timeline.append({"type": "label", "body": "1", "label": put, "user": who})
    return JSONResponse(on)


async def timeline(forge: Forgejo, request: Request) -> Response:
    return JSONResponse(paged(forge.timeline, request))


def load(name: str) -> tuple[dict[str, str], bytes]:
    """Read a captured delivery: its headers, and its body byte for byte."""
    sample = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    headers = {key.lower(): value for key, value in sample["headers"]}
    return headers, sample["raw_body"].encode()


def signed(headers: Mapping[str, str], body: bytes, secret: bytes) -> dict[str, str]:
    """Sign a delivery as the forge does, with the secret of our hook."""
    proof = hmac.new(secret, body, hashlib.sha256).hexdigest()
    return {**headers, "x-gitea-signature": proof, "x-gogs-signature": proof}


@dataclass
class Beside:
    """A house of ours next to a forge."""

    house: House
    forge: Forgejo

    async def connect(self, name: str = "alice/demo") -> Connection:
        """Connect our project with the repository."""
        made, _ = await connecting.connect(
            self.house.gate, Slug("anvil"), FORGE, name, by=OPERATOR
        )
        return made

    @property
    def path(self) -> str:
        """The address that the newest webhook calls."""
        return [*self.forge.hooks.values()][-1]["config"]["url"].removeprefix(
            self.house.gate.places.base_url
        )

    async def tell(self, name: str, *, path: str = "", **changed: str) -> httpx2.Response:
        """Let the forge tell us what was captured, signed with the secret that we gave it."""
        headers, body = load(name)
        headers = signed(headers, body, self.forge.secret.encode())
        del headers["host"], headers["content-length"]
        return await self.bring(path or self.path, headers | changed, body)

    async def bring(self, path: str, headers: Mapping[str, str], body: bytes) -> httpx2.Response:
        """Bring something to an address of ours."""
        places = self.house.gate.places
        transport = httpx2.ASGITransport(app=self.house.wire.apps[places.authority])
        async with httpx2.AsyncClient(transport=transport, base_url=places.base_url) as client:
            return await client.post(path, headers=dict(headers), content=body)

    def labelled(self, number: int = 1) -> bool:
        """Say whether an issue has our label."""
        return LABEL in self.forge.labels_of(number)


@asynccontextmanager
async def open_beside(folder: Path, database: Database) -> AsyncGenerator[Beside]:
    """Open a house with a project, and a forge that its settings name."""
    kept = folder / "forge.token"
    kept.write_text(f"{TOKEN}\n")
    async with open_house(folder, database, tokens=((FORGE, str(kept)),)) as house:
        forge = Forgejo()
        house.wire.apps["forge.example"] = forge.app
        yield Beside(house=house, forge=forge)
