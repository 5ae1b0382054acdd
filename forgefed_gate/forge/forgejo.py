"""Forgejo and Gitea, by their REST API, version 1."""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from forgefed_gate.domain.errors import Conflict, Forbidden, NotFound, Refusal, Unreachable
from forgefed_gate.domain.ids import Millis
from forgefed_gate.domain.words import forge as words
from forgefed_gate.forge import reading
from forgefed_gate.forge.base import HEARD, Account, Ask, Hook, Issue, Repository, Said, Software
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.protocol.times import iso

API = "/api/v1"
PAGE = 30
"""Things on one page of a list: few enough to be read in one go."""
MOST_PAGES = 40
SINCE_FORGEJO = "+gitea-"
"""What stands in the version that a Forgejo tells whoever expects a Gitea."""
LABEL_COLOR = "#8a8a8a"
WRITES = frozenset({"write", "admin", "owner"})
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgejo:
    """A Forgejo or a Gitea."""

    ask: Ask

    async def software(self) -> Software:
        """Say which of the two it is."""
        said = await self.ask("GET", "/api/forgejo/v1/version")
        if said.status == HTTPStatus.OK and (version := _version(said)):
            return Software(kind="forgejo", version=version)
        said = await self.ask("GET", f"{API}/version")
        version = _version(said) if said.status == HTTPStatus.OK else ""
        if not version:
            raise NotFound("forge-unknown", words.NOT_A_FORGE)
        return Software(kind="forgejo" if SINCE_FORGEJO in version else "gitea", version=version)

    async def account(self) -> Account:
        """Say who asks."""
        return _account(reading.document(await self._get("/user")))

    async def repository(self, number: int) -> Repository:
        """Find a repository, whatever it is called by now."""
        found = _repository(reading.document(await self._get(f"/repositories/{number}")))
        if found.number != number:
            raise reading.unclear()
        return found

    async def repository_called(self, name: str) -> Repository:
        """Find a repository by its name."""
        return _repository(reading.document(await self._get(_repo(name))))

    async def issue(self, name: str, number: int) -> Issue | None:
        """Find an issue or pull request; None where it is gone."""
        said = await self._ask("GET", f"{_repo(name)}/issues/{number}")
        if said.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            return None
        found = reading.document(_body_of(said))
        return Issue(
            number=reading.number(found, "number"),
            author=_account(reading.part(found, "user")),
            labels=frozenset(
                reading.text(label, "name") for label in reading.parts(found, "labels")
            ),
            closed=reading.name(found, "state") != "open",
        )

    async def collaborates(self, name: str, account: Account) -> bool:
        """Say whether somebody is a collaborator, or a member of a team that may write."""
        path = f"{_repo(name)}/collaborators/{quote(account.name, safe='')}"
        said = await self._ask("GET", path)
        if said.status == HTTPStatus.NO_CONTENT:
            return True
        if said.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}:
            _body_of(said)
            raise reading.unclear()
        said = await self._ask("GET", f"{path}/permission")
        if said.status == HTTPStatus.NOT_FOUND:
            return False
        return reading.name(reading.document(_body_of(said)), "permission") in WRITES

    async def make_label(self, name: str, label: str, *, meaning: str) -> int:
        """Find the number of a label, or make it."""
        path = f"{_repo(name)}/labels"
        for found in await self._pages(path):
            if reading.text(found, "name") == label:
                return reading.number(found, "id")
        made: JsonObject = {"name": label, "color": LABEL_COLOR, "description": meaning}
        return reading.number(reading.document(await self._change("POST", path, made)), "id")

    async def put_label(self, name: str, issue: int, label: int) -> None:
        """Put a label on an issue, once."""
        await self._change("POST", f"{_repo(name)}/issues/{issue}/labels", {"labels": [label]})

    async def was_labelled(self, name: str, issue: int, label: str, *, since: Millis) -> bool:
        """Say whether the asking account put a label on an issue, on it still or not."""
        me = await self.account()
        told = await self._pages(f"{_repo(name)}/issues/{issue}/timeline", since=iso(since))
        return any(_labels(each, label, by=me) for each in told)

    async def hooks(self, name: str) -> list[Hook]:
        """List whom a repository tells what happens in it."""
        return [_hook(found) for found in await self._pages(f"{_repo(name)}/hooks")]

    async def add_hook(self, name: str, url: str, *, secret: str) -> int:
        """Have a repository tell *url* of its issues and pull requests, signed with *secret*."""
        made: JsonObject = {
            "type": "gitea",  # Forgejo knows this name too
            "active": True,
            "branch_filter": "*",
            "config": {"url": url, "content_type": "json", "secret": secret},
            "events": [f"{kind}_only" for kind in sorted(HEARD)],
        }
        body = await self._change("POST", f"{_repo(name)}/hooks", made)
        return reading.number(reading.document(body), "id")

    async def drop_hook(self, name: str, hook: int) -> None:
        """Let a repository tell somebody no more."""
        await self._change("DELETE", f"{_repo(name)}/hooks/{hook}", None)

    async def _pages(self, path: str, *, since: str = "") -> list[JsonObject]:
        """Read a list to its end; one that has none is no answer."""
        found = list[JsonObject]()
        more = f"&since={quote(since)}" if since else ""
        for page in range(1, MOST_PAGES + 1):
            body = await self._get(f"{path}?page={page}&limit={PAGE}{more}")
            items = reading.listed(body)
            found += items
            if len(items) < PAGE:
                return found
        raise reading.unclear()

    async def _get(self, path: str) -> bytes:
        return _body_of(await self._ask("GET", path))

    async def _change(self, method: str, path: str, what: JsonObject | None) -> bytes:
        return _body_of(await self._ask(method, path, what))

    async def _ask(self, method: str, path: str, what: JsonObject | None = None) -> Said:
        return await self.ask(method, API + path, what)


def _repo(name: str) -> str:
    return "/repos/" + "/".join(quote(part, safe="") for part in name.split("/"))


def _body_of(said: Said) -> bytes:
    """Give what was asked for, or say in words why it is not there."""
    match said.status:
        case HTTPStatus.OK | HTTPStatus.CREATED | HTTPStatus.NO_CONTENT:
            return said.body
        case HTTPStatus.UNAUTHORIZED:
            raise Forbidden("forge-token-refused", words.NOT_KNOWN)
        case HTTPStatus.FORBIDDEN:
            raise Forbidden("forge-may-not", words.MAY_NOT)
        case HTTPStatus.NOT_FOUND:
            raise NotFound("forge-nothing", words.NOTHING_THERE)
        case status if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unreachable("forge-in-trouble", words.IN_TROUBLE)
        case _:
            raise Conflict("forge-refused", words.REFUSED)


def _version(said: Said) -> str:
    try:
        return reading.name(reading.document(said.body), "version")
    except Refusal:
        return ""


def _account(found: JsonObject) -> Account:
    return Account(number=reading.number(found, "id"), name=reading.name(found, "login"))


def _repository(found: JsonObject) -> Repository:
    allowed = found.get("permissions")
    return Repository(
        number=reading.number(found, "id"),
        name=reading.name(found, "full_name"),
        owner=_account(reading.part(found, "owner")),
        administered=isinstance(allowed, dict) and allowed.get("admin") is True,
    )


def _hook(found: JsonObject) -> Hook:
    return Hook(
        number=reading.number(found, "id"),
        url=reading.text(reading.part(found, "config"), "url"),
        active=found.get("active") is True,
        events=frozenset(each.removesuffix("_only") for each in reading.words(found, "events")),
    )


def _labels(told: JsonObject, label: str, *, by: Account) -> bool:
    """Say whether a timeline tells here that *by* put *label* on; taking off has no body."""
    if told.get("type") != "label" or not told.get("body"):
        return False
    named, who = reading.part(told, "label"), reading.part(told, "user")
    return reading.text(named, "name") == label and reading.number(who, "id") == by.number
