"""Where our own things live: every URL that this gate mints, and how to read one back."""

from dataclasses import dataclass
from enum import Enum

from forgefed_gate.domain.errors import Malformed
from forgefed_gate.domain.ids import (
    ActivityId,
    ActorId,
    GrantId,
    KeyId,
    NoteId,
    PieceId,
    Slug,
    ThreadId,
)

GATE = Slug("gate")
SUFFIXES = ("-project", "-team", "-tickets", "-patches", "-support", "-security", "-conduct")
LONGEST_SLUG = 30
LONGEST_NAME = 100


class Kind(Enum):
    """The kinds of actors we host; the value is the first part of their path."""

    GATE = "actor"
    DESK = "desks"
    PROJECT = "projects"
    TEAM = "teams"
    TICKETS = "tickets"
    PATCHES = "patches"

    @property
    def house(self) -> bool:
        """Whether Grants are about such an actor: it has members, desks and links."""
        return self in {Kind.PROJECT, Kind.TEAM}

    @property
    def forge(self) -> bool:
        """Whether only forges and gates know what to make of such an actor."""
        return self not in {Kind.GATE, Kind.DESK}

    @property
    def tracker(self) -> bool:
        """Whether issues or merge requests are offered to such an actor."""
        return self in {Kind.TICKETS, Kind.PATCHES}


SUFFIX = {
    Kind.GATE: "",
    Kind.DESK: "",
    Kind.PROJECT: "-project",
    Kind.TEAM: "-team",
    Kind.TICKETS: "-tickets",
    Kind.PATCHES: "-patches",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """An actor of ours."""

    kind: Kind
    slug: Slug

    @property
    def user(self) -> str:
        """The name before the @ of its handle."""
        return self.slug + SUFFIX[self.kind]

    @property
    def path(self) -> str:
        """Its path on this gate."""
        return "/actor" if self.kind is Kind.GATE else f"/{self.kind.value}/{self.slug}"


HOSTED = {kind.value for kind in Kind} - {Kind.GATE.value}
"""The first part of the path of every actor that belongs to a project."""

THE_GATE = Local(kind=Kind.GATE, slug=GATE)


def read_slug(text: str) -> Slug:
    """Check that *text* can name a project on every server: lower case, no reserved ending."""
    letters = text.replace("-", "").replace("_", "")
    fits = letters.isascii() and letters.isalnum() and letters == letters.lower()
    if not fits or len(text) > LONGEST_SLUG or text[0] in "-_" or text[-1] in "-_":
        raise Malformed(
            "slug-malformed",
            f"“{text}” cannot be a project's short name. Use 1 to {LONGEST_SLUG} small letters,"
            " digits, - or _, beginning and ending with a letter or digit.",
        )
    if text == GATE or text.endswith(SUFFIXES):
        raise Malformed(
            "slug-reserved",
            f"“{text}” is a name that the gate needs itself. Please choose another one.",
        )
    return Slug(text)


def read_name(text: str) -> str:
    """Check that *text* can be shown as a project's name: one line that says something."""
    name = " ".join(text.split())
    if not name or not name.isprintable() or len(name) > LONGEST_NAME:
        raise Malformed(
            "name-malformed",
            f"A project's name is one line of 1 to {LONGEST_NAME} characters.",
        )
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The URLs of one gate."""

    base_url: str

    @property
    def authority(self) -> str:
        """The host, with its port where it has one, as handles show it."""
        return self.base_url.partition("://")[2]

    @property
    def gate(self) -> ActorId:
        """The gate's own actor, which signs our requests for documents."""
        return self.actor(THE_GATE)

    def actor(self, local: Local) -> ActorId:
        """The id of an actor of ours."""
        return ActorId(self.base_url + local.path)

    def desk(self, project: Slug) -> ActorId:
        """The id of the desk that speaks for *project*."""
        return self.actor(Local(kind=Kind.DESK, slug=project))

    def project(self, project: Slug) -> ActorId:
        """The id of *project*, the resource that Grants are about."""
        return self.actor(Local(kind=Kind.PROJECT, slug=project))

    def handle(self, local: Local) -> str:
        """The handle of an actor of ours, to be copied."""
        return f"@{local.user}@{self.authority}"

    def page(self, project: Slug) -> str:
        """The page about *project* that everybody may read."""
        return f"{self.base_url}/@{project}"

    def page_of(self, local: Local) -> str:
        """The page about an actor of ours: its project's, or the gate's own."""
        return self.base_url if local.kind is Kind.GATE else self.page(local.slug)

    def rsa_key(self, actor: ActorId) -> KeyId:
        """The id of the key that signs an actor's requests."""
        return KeyId(f"{actor}#main-key")

    def ed25519_key(self, actor: ActorId) -> KeyId:
        """The id of the key that signs an actor's documents."""
        return KeyId(f"{actor}#ed25519-key")

    def note(self, project: Slug, token: str) -> NoteId:
        """The id of a note by the desk of *project*."""
        return NoteId(f"{self.desk(project)}/notes/{token}")

    def piece(self, project: Slug, piece: PieceId) -> NoteId:
        """The id of a piece that the desk of *project* published."""
        return NoteId(f"{self.desk(project)}/pieces/{piece}")

    def piece_page(self, project: Slug, piece: PieceId) -> str:
        """The page of a published piece."""
        return f"{self.page(project)}/pieces/{piece}"

    def consent_page(self, piece: PieceId) -> str:
        """The page on which an author reads what they are asked about, and answers."""
        return f"{self.base_url}/mine/publications/{piece}"

    def names_piece(self, url: str) -> bool:
        """Say whether *url* is the id or the page of something published, now or ever."""
        match url.removeprefix(self.base_url).split("/"):
            case ["", "desks", _, "pieces", _]:
                return url.startswith(self.base_url)
            case ["", page, "pieces", _]:
                return url.startswith(self.base_url) and page.startswith("@")
            case _:
                return False

    def names_ticket(self, url: str) -> bool:
        """Say whether *url* is the id of an issue or a merge request at a tracker of ours."""
        where, _, _ = url.rpartition("/items/")
        tracker = self.read_actor(where)
        return tracker is not None and tracker.kind.tracker

    def activity(self, actor: ActorId, token: str) -> ActivityId:
        """The id of an activity of ours."""
        return ActivityId(f"{actor}/activities/{token}")

    def grant(self, house: ActorId, token: str) -> GrantId:
        """The id of a Grant that a project or team of ours issues."""
        return GrantId(f"{house}/grants/{token}")

    def live(self, grant: GrantId) -> str:
        """The address that says whether a Grant of ours stands."""
        return f"{grant}/live"

    def ticket(self, tracker: ActorId, token: str) -> str:
        """The id of an issue or a merge request at a tracker of ours."""
        return f"{tracker}/items/{token}"

    def thread(self, thread: ThreadId) -> str:
        """The id of a conversation on the wire."""
        return f"{self.base_url}/threads/{thread}"

    def export(self, token: str) -> str:
        """The address that gives a conversation out as a file, once."""
        return f"{self.base_url}/export/{token}"

    def shown(self, token: str) -> str:
        """The address that shows a Grant of ours to whoever has it."""
        return f"{self.base_url}/shown/{token}"

    def console_project(self, slug: Slug) -> str:
        """The page on which the people of a project see what waits for them."""
        return f"{self.base_url}/console/projects/{slug}"

    def console_thread(self, thread: ThreadId) -> str:
        """The page on which people of a project read a conversation."""
        return f"{self.base_url}/console/threads/{thread}"

    def read(self, url: str) -> Local | None:
        """Find which actor of ours *url* names: the actor, or a collection of it."""
        if not url.startswith(self.base_url + "/"):
            return None
        parts = url[len(self.base_url) + 1 :].split("/")
        if parts[0] == Kind.GATE.value:
            return THE_GATE
        if parts[0] in HOSTED and len(parts) > 1:
            return Local(kind=Kind(parts[0]), slug=Slug(parts[1]))
        return None

    def read_inbox(self, path: str) -> Local | None:
        """Find whose inbox is at *path*, whether they exist or not."""
        if path == f"{THE_GATE.path}/inbox":
            return THE_GATE
        match path.split("/"):
            case ["", kind, slug, "inbox"] if kind in HOSTED and slug:
                return Local(kind=Kind(kind), slug=Slug(slug))
            case _:
                return None

    def read_actor(self, url: str) -> Local | None:
        """Find which actor of ours *url* is the id or the page of."""
        slug = url.removeprefix(f"{self.base_url}/@")
        if slug != url:
            return Local(kind=Kind.DESK, slug=Slug(slug))
        found = self.read(url)
        return found if found and self.actor(found) == url else None

    def read_user(self, user: str) -> Local:
        """Find which actor of ours the name *user* belongs to, whether it exists or not."""
        if user == GATE:
            return THE_GATE
        for kind in (Kind.PROJECT, Kind.TEAM, Kind.TICKETS, Kind.PATCHES):
            if user.endswith(SUFFIX[kind]):
                return Local(kind=kind, slug=Slug(user.removesuffix(SUFFIX[kind])))
        return Local(kind=Kind.DESK, slug=Slug(user))
