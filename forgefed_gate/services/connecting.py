"""Connecting a project with a repository at a forge, and looking whether all is well."""

import re
from contextlib import suppress
from dataclasses import dataclass

from forgefed_gate.domain.errors import Conflict, Forbidden, Malformed, NotFound, Refusal
from forgefed_gate.domain.ids import Slug
from forgefed_gate.domain.observing import LABEL, Mode
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import Act, Principal
from forgefed_gate.domain.words import forge as words
from forgefed_gate.forge.base import HEARD, Account, Forge, Hook, Repository, Software
from forgefed_gate.protocol import frontdoor
from forgefed_gate.services import forges as ways
from forgefed_gate.services import gather, hooks, projects
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import forges
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.forges import Connection

NAME = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What we found out at a forge before anything is changed there."""

    software: Software
    account: Account
    repository: Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is so with a connection, in a sentence, and whether that is well."""

    connection: Connection
    said: str
    well: bool


async def connect(
    gate: Gate, slug: Slug, url: str, name: str, *, by: Principal
) -> tuple[Connection, Met]:
    """
    Connect a project with a repository, and have the repository tell us what is opened in it.

    What our account may do is found out by doing it: the webhook first, then the label.
    Where one of them is not to be had, the webhook goes again and nothing is kept.
    """
    by.must(Act.APPOINT, slug)
    base = _address(gate, url)
    if not NAME.fullmatch(name):
        raise Malformed("repository-malformed", f"“{name}” does not look like OWNER/REPOSITORY.")
    async with gate.database.snapshot() as tx:
        await _project(gate, tx, slug)
    forge = ways.reach(gate, base)
    met = await _meet(forge, name)
    former = await _former(gate, forge, base, met.repository, slug)
    token, secret = gate.token(), gate.token() + gate.token()
    address = gate.places.base_url + hooks.PATH + token
    number = await forge.add_hook(met.repository.name, address, secret=secret)
    made = Connection(
        hook=hooks.hashed(token),
        project=slug,
        forge=base,
        kind=met.software.kind,
        repository=met.repository.number,
        name=met.repository.name,
        mode=Mode.OBSERVE,
        number=number,
        connected_at=gate.clock(),
    )
    try:
        await forge.make_label(met.repository.name, LABEL, meaning=words.MEANING)
        await _keep(gate, made, secret, former=former, by=by)
    except BaseException:  # also where somebody stops us: a hook that calls nobody would stay
        with suppress(Refusal):  # the first reason is the one to tell
            await forge.drop_hook(met.repository.name, number)
        raise
    return made, met


def _address(gate: Gate, url: str) -> str:
    base = url.rstrip("/")
    if "?" in base:
        raise Malformed("forge-malformed", "A forge's address has nothing with “?” in it.")
    return frontdoor.canonical_url(base, addressing=gate.addressing)


async def _project(gate: Gate, tx: Transaction, slug: Slug) -> None:
    if (await gather.project_in(gate, tx, slug)).kind is not Kind.PROJECT:
        raise NotFound("project-unknown", f"There is no project “{slug}” here.")


async def _meet(forge: Forge, name: str) -> Met:
    software, account = await forge.software(), await forge.account()
    repository = await forge.repository_called(name)
    if not repository.administered:
        sentence = words.not_administered(account.name, repository.name)
        raise Forbidden("forge-not-administered", sentence)
    return Met(software=software, account=account, repository=repository)


async def _former(
    gate: Gate, forge: Forge, base: str, repository: Repository, slug: Slug
) -> Connection | None:
    """Give the connection that a new one replaces, its hook being gone; refuse one that works."""
    async with gate.database.snapshot() as tx:
        former = await forges.of_repository(tx, base, repository.number)
    if former is None:
        return None
    if former.project != slug or await _hook(gate, forge, former, repository.name):
        raise _already(former)
    return former


def _already(at: Connection) -> Conflict:
    return Conflict("forge-connected", words.already(at.name, at.project))


async def _keep(
    gate: Gate, made: Connection, secret: str, *, former: Connection | None, by: Principal
) -> None:
    async with gate.database.transaction() as tx:
        (await gather.as_of_now(tx, by)).must(Act.APPOINT, made.project)
        await _project(gate, tx, made.project)
        if former is not None:
            await forges.disconnect(tx, former.hook)
            await hooks.forget_secret(tx, former.hook)
        if not await forges.connect(tx, made):
            raise _already(made)
        await hooks.keep_secret(gate, tx, made.hook, secret)
        await projects.record(gate, tx, made.project, by=by, act="ConnectForge", subject=made.name)


async def listing(gate: Gate) -> list[Connection]:
    """List which projects are connected with which repositories."""
    async with gate.database.snapshot() as tx:
        return await forges.listing(tx)


async def check(gate: Gate, slug: Slug, *, by: Principal) -> list[Finding]:
    """Look at each connection of a project as the forge shows it; nothing is changed there."""
    by.must(Act.APPOINT, slug)
    async with gate.database.snapshot() as tx:
        await _project(gate, tx, slug)
        found = [each for each in await forges.listing(tx) if each.project == slug]
    if not found:
        raise NotFound("forge-none", words.none(slug))
    return [await _check(gate, at) for at in found]


async def _check(gate: Gate, at: Connection) -> Finding:
    try:
        forge = ways.reach(gate, at.forge)
        account, repository = await forge.account(), await forge.repository(at.repository)
        hook = await _hook(gate, forge, at, repository.name)
    except Refusal as refusal:
        return Finding(connection=at, said=f"{at.name}: {refusal.sentence}", well=False)
    if hook is None:
        return Finding(connection=at, said=words.hook_gone(repository.name), well=False)
    if not hook.active or not hook.events >= HEARD:
        return Finding(connection=at, said=words.hook_asleep(repository.name), well=False)
    if repository.name != at.name:
        async with gate.database.transaction() as tx:
            await forges.rename(tx, at.hook, repository.name)
        return Finding(connection=at, said=words.renamed(at.name, repository.name), well=True)
    return Finding(connection=at, said=words.well(at.name, account.name), well=True)


async def _hook(gate: Gate, forge: Forge, at: Connection, name: str) -> Hook | None:
    """Find the webhook of a connection: by its number, and by whether it calls our address."""
    ours = gate.places.base_url + hooks.PATH
    for hook in await forge.hooks(name):
        token = hook.url.removeprefix(ours)
        if hook.number == at.number and token != hook.url and hooks.hashed(token) == at.hook:
            return hook
    return None
