"""Projects next to a forge: connecting them with a repository, and looking whether all is well."""

from argparse import ArgumentParser

from forgefed_gate.cli.tables import table
from forgefed_gate.cli.verbs import Answer, Call, Verb, on_gate, slug
from forgefed_gate.domain.errors import Refusal
from forgefed_gate.domain.ids import Slug, authority_of
from forgefed_gate.domain.words import forge as words
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.times import iso
from forgefed_gate.services import connecting
from forgefed_gate.store.forges import Connection

WANTED = frozenset(
    {
        "forge-token-missing",
        "forge-token-refused",
        "forge-may-not",
        "forge-nothing",
        "forge-not-administered",
    }
)
"""Refusals after which an account or a token is to be made."""


async def connect(call: Call) -> Answer:
    """Connect a project with a repository; what is missing for that is shown as commands."""
    call.operator_only()
    asked = call.asked
    try:
        made, met = await connecting.connect(
            call.gate, Slug(asked.slug), asked.url, asked.repository, by=call.by
        )
    except Refusal as refusal:
        if refusal.code in WANTED and not asked.json:
            print("\n".join(_preparations(asked.url.rstrip("/"), asked.repository)))
        raise
    software = f"{met.software.kind} {met.software.version}"
    said = words.connected(made.name, made.forge, software, met.account.name)
    return Answer(document=_document(made), lines=(said,))


def _preparations(url: str, repository: str) -> tuple[str, ...]:
    host = authority_of(url).partition(":")[0]
    return (
        "On the forge's machine (for Gitea, say gitea in place of forgejo):",
        f"  forgejo admin user create --username gate-bot --email gate-bot@{host} \\",
        "    --random-password --must-change-password=false",
        "  forgejo admin user generate-access-token --username gate-bot --token-name gate \\",
        "    --scopes read:user,write:repository,write:issue --raw",
        f"At {url}/{repository}/settings/collaboration:",
        "  add gate-bot, as an administrator",
        "The token goes, alone, into a file beside gate.toml that only the gate can read:",
        "  install -m 600 /dev/stdin forge.token",
        "In gate.toml:",
        "  [forge]",
        f'  tokens = ["{url} forge.token"]',
        "A server that runs already reads this when it is started again.",
        "",
    )


async def check(call: Call) -> Answer:
    """Look whether a project's connections are as they should be."""
    call.operator_only()
    found = await connecting.check(call.gate, Slug(call.asked.slug), by=call.by)
    rows: list[Json] = [
        {"repository": each.connection.name, "said": each.said, "well": each.well}
        for each in found
    ]
    well = all(each.well for each in found)
    lines = tuple(each.said for each in found)
    return Answer(document={"connections": rows, "well": well}, lines=lines, well=well)


async def list_connections(call: Call) -> Answer:
    """List which projects are connected with which repositories."""
    call.operator_only()
    found = await connecting.listing(call.gate)
    rows: list[Json] = [_document(each) for each in found]
    lines = table(
        ("project", "forge", "repository", "mode", "since"),
        [
            (each.project, each.forge, each.name, each.mode.value, iso(each.connected_at))
            for each in found
        ],
    )
    nothing = ["No project is connected with a repository."]
    return Answer(document={"connections": rows}, lines=tuple(lines if found else nothing))


def _document(made: Connection) -> JsonObject:
    return {
        "project": made.project,
        "forge": made.forge,
        "kind": made.kind,
        "repository": made.name,
        "mode": made.mode.value,
        "since": iso(made.connected_at),
    }


def _url(parser: ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="the address of the forge")


def _repository(parser: ArgumentParser) -> None:
    parser.add_argument("repository", metavar="OWNER/REPOSITORY", help="a repository there")


VERBS = (
    Verb(
        words="forge connect",
        does="Connect a project with a repository at a Forgejo or Gitea, or say what is missing.",
        example="forge connect anvil https://forge.example smith/anvil",
        run=on_gate(connect),
        takes=(slug, _url, _repository),
    ),
    Verb(
        words="forge check",
        does="Look whether what connects a project with a forge is as it should be.",
        example="forge check anvil",
        run=on_gate(check),
        takes=(slug,),
    ),
    Verb(
        words="forge list",
        does="List which projects are connected with which repositories.",
        example="forge list",
        run=on_gate(list_connections),
    ),
)
