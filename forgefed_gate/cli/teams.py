"""Projects, the people who run them, and their charters."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from forgefed_gate.cli.tables import indented, table
from forgefed_gate.cli.verbs import Answer, Call, Verb, command, file, on_gate, read, slug, who
from forgefed_gate.domain.charter import Charter
from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.ids import Slug
from forgefed_gate.domain.places import Kind, read_slug
from forgefed_gate.domain.roles import Office, read_office
from forgefed_gate.protocol import charter_file
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.services import projects, public, views
from forgefed_gate.services.views import Who


async def add_project(call: Call) -> Answer:
    """Open a project."""
    call.operator_only()
    made = await projects.add(call.gate, call.asked.slug, call.asked.name, by=call.by)
    front = await public.front(call.gate, made)
    me = command(call.asked)
    return Answer(
        document=document(front.project),
        lines=(
            f"{front.project.name} is open: {front.project.page}",
            f"People write privately to {front.project.handle}, which asks them three questions.",
            f"Next: {me} maintainer add {made} @you@your.server --role owner",
            f"Its charter: {me} charter show {made} --toml > charter.toml",
            f"Your own: {me} charter publish {made} charter.toml",
        ),
    )


async def list_projects(call: Call) -> Answer:
    """List the projects and teams."""
    found = await public.all_projects(call.gate)
    rows: list[Json] = [document(project) for project in found]
    lines = table(
        ("slug", "kind", "name", "handle", "page"),
        [(each.slug, _kind(each), each.name, each.handle, each.page) for each in found],
    )
    none = [f"There is no project yet. Next: {command(call.asked)} project add SLUG --name NAME"]
    return Answer(document={"projects": rows}, lines=tuple(lines if found else none))


def document(project: Project) -> JsonObject:
    """Write a project or a team for programs."""
    return {
        "id": project.slug,
        "kind": _kind(project),
        "name": project.name,
        "handle": project.handle,
        "page": project.page,
    }


def _kind(project: Project) -> str:
    return "team" if project.kind is Kind.TEAM else "project"


async def add_maintainer(call: Call) -> Answer:
    """Give somebody an office."""
    office = read_office(call.asked.role)
    project = Slug(call.asked.slug)
    person = await projects.appoint(call.gate, project, call.asked.who, office, by=call.by)
    return Answer(
        document={
            "id": person.actor,
            "handle": person.handle,
            "project": project,
            "role": office.value,
        },
        lines=(
            f"{person.handle} is {office.value} of {project}.",
            f"A link that signs them in: {command(call.asked)} signin-link {person.handle}",
        ),
    )


async def list_maintainers(call: Call) -> Answer:
    """List who holds which offices in a project."""
    held: dict[Who, list[str]] = {}
    for person, office in await views.maintainer_list(call.gate, Slug(call.asked.slug)):
        held.setdefault(person, []).append(office)
    rows: list[Json] = [
        {"id": person.actor, "handle": person.handle, "roles": [*roles]}
        for person, roles in held.items()
    ]
    lines = table(
        ("who", "roles", "actor"),
        [(each.handle, ", ".join(roles), str(each.actor)) for each, roles in held.items()],
    )
    add = f"maintainer add {call.asked.slug} @you@your.server --role owner"
    none = [f"Nobody yet. Next: {command(call.asked)} {add}"]
    return Answer(document={"maintainers": rows}, lines=tuple(lines if held else none))


async def remove_maintainer(call: Call) -> Answer:
    """Take every office in a project from somebody."""
    project = Slug(call.asked.slug)
    person = await projects.dismiss(call.gate, project, call.asked.who, by=call.by)
    return Answer(
        document={"id": person.actor, "handle": person.handle, "project": project, "roles": []},
        lines=(f"{person.handle} holds no role in {project} any more, and is signed out.",),
    )


def check_charter(asked: Namespace) -> Answer:
    """Read a charter file and say what is in it, changing nothing."""
    charter = _read(asked.file)
    return Answer(
        document={"hash": charter.hash, "charter": charter_file.document(charter)},
        lines=(
            f"{asked.file} is a good charter.",
            *_shown(charter),
            f"Next: {command(asked)} charter publish SLUG {asked.file}",
        ),
    )


async def publish_charter(call: Call) -> Answer:
    """Put the charter of a file in force."""
    project, charter = Slug(call.asked.slug), _read(call.asked.file)
    await projects.publish_charter(call.gate, project, charter, by=call.by)
    return Answer(
        document=_in_force(project, charter),
        lines=(
            f"This charter is in force for {project} now: {charter.hash[:12]}.",
            "Whoever agreed to an earlier one agreed to that one, and to nothing else.",
        ),
    )


async def show_charter(call: Call) -> Answer:
    """Show the charter in force, or the file that it could have been read from."""
    project = read_slug(call.asked.slug)
    charter = await projects.charter(call.gate, project)
    toml = [charter_file.write_charter(charter).removesuffix("\n")]
    return Answer(
        document=_in_force(project, charter),
        lines=tuple(toml if call.asked.toml else _shown(charter)),
    )


def _in_force(project: Slug, charter: Charter) -> JsonObject:
    return {
        "project": project,
        "hash": charter.hash,
        "charter": charter_file.document(charter),
    }


def _read(path: Path) -> Charter:
    return charter_file.read_charter(read(path), name=path.name)


def _shown(charter: Charter) -> list[str]:
    wait = f"up to {charter.wait_days} days" if charter.wait_days else "nothing promised"
    return [
        "What it asks of contributors:",
        *(f"    {clause.id}: {clause.text}" for clause in charter.expects),
        "What it offers them:",
        *(f"    {clause.id}: {clause.text}" for clause in charter.offers),
        "What it asks them first:",
        *indented("\n".join(charter.questions)),
        f"They agree with “{charter.agreement}”. The usual wait: {wait}.",
        f"Admission grants {charter.role.word}, for {charter.grant_days} days.",
    ]


def called(parser: ArgumentParser) -> None:
    """Take a name for people."""
    parser.add_argument("--name", metavar="NAME", required=True, help="its name for people")


def _office(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--role",
        choices=[office.value for office in Office],
        default=Office.MAINTAINER.value,
        help="what they may do (maintainer unless you say otherwise)",
    )


def _as_toml(parser: ArgumentParser) -> None:
    parser.add_argument("--toml", action="store_true", help="as a file that can be published")


VERBS = (
    Verb(
        words="project add",
        does="Open a project, with a default charter: people can knock at once.",
        example='project add anvil --name "Anvil"',
        run=on_gate(add_project),
        takes=(slug, called),
    ),
    Verb(
        words="project list",
        does="List the projects and teams.",
        example="project list",
        run=on_gate(list_projects),
    ),
    Verb(
        words="maintainer add",
        does="Give somebody a role in running a project.",
        example="maintainer add anvil @ada@mastodon.example --role owner",
        run=on_gate(add_maintainer),
        takes=(slug, who, _office),
    ),
    Verb(
        words="maintainer list",
        does="List who runs a project.",
        example="maintainer list anvil",
        run=on_gate(list_maintainers),
        takes=(slug,),
    ),
    Verb(
        words="maintainer remove",
        does="Take every role in running a project from somebody.",
        example="maintainer remove anvil @ada@mastodon.example",
        run=on_gate(remove_maintainer),
        takes=(slug, who),
    ),
    Verb(
        words="charter check",
        does="Read a charter file and say what is in it, or what is wrong and where.",
        example="charter check charter.toml",
        run=check_charter,
        takes=(file,),
    ),
    Verb(
        words="charter publish",
        does="Put the charter of a file in force; earlier agreements stay as they were.",
        example="charter publish anvil charter.toml",
        run=on_gate(publish_charter),
        takes=(slug, file),
    ),
    Verb(
        words="charter show",
        does="Show the charter in force.",
        example="charter show anvil --toml > charter.toml",
        run=on_gate(show_charter),
        takes=(slug, _as_toml),
    ),
)
