"""Every column there is: what it says of people, what for and for how long, or why nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """
    One column: personal, with its *purpose* and *until* when, or with *nothing* personal in it.

    What is *sealed* is noise without the key file.
    """

    table: str
    name: str
    purpose: str = ""
    until: str = ""
    sealed: bool = False
    nothing: str = ""

    @property
    def personal(self) -> bool:
        """Whether it can say something of somebody."""
        return not self.nothing


def _kept(
    table: str, names: str, purpose: str, until: str, *, sealed: bool = False
) -> list[Column]:
    return [
        Column(table=table, name=name, purpose=purpose, until=until, sealed=sealed)
        for name in names.split()
    ]


def _plain(table: str, names: str, nothing: str) -> list[Column]:
    return [Column(table=table, name=name, nothing=nothing) for name in names.split()]


ERASED = "until they are forgotten"
KNOWN = "as long as anything here is about them, then deliveries_days; or until they are forgotten"
RENAMED = "until they are forgotten, then under a salted hash"
SEALS = "closed_threads_days after it was destroyed; renamed when they are forgotten"
CLOSED = "closed_threads_days after the conversation closed, or until they are forgotten"
DELIVERIES = "deliveries_days, or until they are forgotten"
SENT = "until it is delivered or given up on, then deliveries_days, or until they are forgotten"
OFFICE = "as long as they hold the office"
RANDOM = "drawn at random"
TIME = "a moment, of a row whose other columns say whose it is"
STATE = "a word from a list of ours"
OURS = "about the gate or a project, not about a person"

COLUMNS: tuple[Column, ...] = (
    *_plain("migrations", "name digest", OURS),
    # Keys
    *_kept("data_keys", "owner", "whose words a key seals, so that it can be destroyed", SEALS),
    *_plain("data_keys", "id thread", RANDOM),
    *_plain("data_keys", "wrapped", "a random key, wrapped by the key file"),
    *_plain("data_keys", "kek_id", "the name of a key file"),
    *_plain("data_keys", "created_at destroyed_at", TIME),
    *_plain("key_files", "id", "the name of a key file"),
    *_plain("key_files", "turn", "a number that we count up"),
    *_plain("own_secrets", "name sealed created_at", OURS),
    # People who were forgotten
    *_kept("forgotten", "who", "so that a block still holds: a salted hash", "until ends_at"),
    *_kept("forgotten", "project decided", "what was decided about them", "until ends_at"),
    *_plain("forgotten", "ends_at erased_at", TIME),
    *_kept(
        "forget_codes", "actor code", "that they mean it when they ask to be forgotten", "a day"
    ),
    *_plain("forget_codes", "expires_at", TIME),
    # Work
    *_kept("jobs", "name lane", "whose words are worked on, and for whom they are", SENT),
    *_kept("jobs", "payload", "what is to be delivered, and to whom", SENT, sealed=True),
    *_plain("jobs", "origin", "the name of a server"),
    *_plain("jobs", "lease", RANDOM),
    *_plain("jobs", "sequence attempts", "a number that we count up"),
    *_plain("jobs", "kind state last_error", STATE),
    *_plain("jobs", "run_at put_at", TIME),
    # Projects
    *_plain("projects", "slug name created_at", OURS),
    *_plain("personas", "account kind slug name created_at", OURS),
    *_plain("personas", "rsa_public rsa_private ed25519_public ed25519_private", OURS),
    *_plain("charters", "sequence project hash document published_at", OURS),
    *_plain("news", "id project words published_at", "published by a project on purpose"),
    # People
    *_kept("people", "actor handle inbox kind", "who they are, and how to write to them", KNOWN),
    *_plain("people", "refreshed_at", TIME),
    *_kept("peer_keys", "id owner material", "the public key that proves their words", KNOWN),
    *_plain("peer_keys", "fetched_at", TIME),
    *_plain("peers", "origin dialect learned_at", "what a server takes, whoever lives there"),
    *_kept("maintainers", "project actor office since", "who runs a project", OFFICE),
    *_kept(
        "followers",
        "target actor project follow",
        "who hears a project's news",
        "until they unfollow, or are forgotten",
    ),
    *_plain("followers", "since", TIME),
    *_kept(
        "blocks",
        "project subject",
        "whom we do not listen to",
        "until lifted; if they are forgotten, see forgotten",
    ),
    *_plain("blocks", "since", TIME),
    *_kept(
        "hushed",
        "project actor",
        "who wants nothing from a project",
        "until they write again, or are forgotten",
    ),
    *_plain("hushed", "since", TIME),
    *_kept(
        "courtesies", "project actor", "so that we ask for a private message only once", "30 days"
    ),
    *_plain("courtesies", "at", TIME),
    # What came in
    *_kept("inbox", "actor", "who sent it, so that a copy does nothing", DELIVERIES),
    *_kept("inbox", "id body_hash", "hashes by which a copy is known", "deliveries_days"),
    *_kept("inbox", "request", "the signed request itself", "until it is decided on", sealed=True),
    *_plain("inbox", "recipient", "one of our own actors"),
    *_plain("inbox", "batch", RANDOM),
    *_plain("inbox", "verdict reason", STATE),
    *_plain("inbox", "received_at settled_at", TIME),
    # Conversations
    *_kept("threads", "contributor latest_theirs", "whose conversation it is", RENAMED),
    *_plain("threads", "id code", RANDOM),
    *_plain("threads", "project", OURS),
    *_plain("threads", "closed opened_at changed_at", TIME),
    *_kept("messages", "id", "which message an edit or a copy is about", RENAMED),
    *_kept("messages", "author", "who said it", RENAMED),
    *_plain("messages", "thread position", "where it stands"),
    *_plain("messages", "speaker deleted", STATE),
    *_plain("messages", "at", TIME),
    *_kept("revisions", "words", "what was said", CLOSED, sealed=True),
    *_kept("revisions", "evidence", "the proof of who said it", CLOSED, sealed=True),
    *_kept("revisions", "message", "which message these words belong to", CLOSED),
    *_plain("revisions", "number at", TIME),
    *_kept("knocks", "actor", "who asked to take part", RENAMED),
    *_kept("knocks", "join_activity", "the request that is answered", ERASED),
    *_kept("knocks", "stage role days", "what was decided", RENAMED),
    *_kept("knocks", "invited_by", "whose invitation it is", RENAMED),
    *_plain("knocks", "id thread invite_activity", RANDOM),
    *_plain("knocks", "project charter", OURS),
    *_plain("knocks", "opened_at changed_at", TIME),
    *_kept("grants", "target role", "who may do what", RENAMED),
    *_kept("grants", "fulfills document", "the signed Grant, as it was sent", ERASED),
    *_plain("grants", "id", RANDOM),
    *_plain("grants", "project charter", OURS),
    *_plain("grants", "starts_at ends_at revoked_at", TIME),
    *_kept(
        "reports",
        "reporter",
        "who passed a report on",
        "closed_threads_days, or until they are forgotten",
    ),
    *_kept(
        "reports",
        "words",
        "what was reported",
        "closed_threads_days, or until the reporter is forgotten",
        sealed=True,
    ),
    *_plain("reports", "id", RANDOM),
    *_plain("reports", "project at", OURS),
    # What was decided
    *_kept(
        "record",
        "principal subject",
        "who decided what, and about whom",
        "closed_threads_days; if they are forgotten, under a salted hash",
    ),
    *_plain("record", "id", RANDOM),
    *_plain("record", "project", OURS),
    *_plain("record", "act verdict reason", STATE),
    *_plain("record", "at", TIME),
    # Who is signed in
    *_kept("signin_links", "principal", "whom a link signs in", "15 minutes, or until it is used"),
    *_plain("signin_links", "hash", "a hash of something random"),
    *_plain("signin_links", "expires_at", TIME),
    *_kept("sessions", "principal", "who is signed in", "until they sign out, 30 days at most"),
    *_plain("sessions", "hash csrf", "random, or a hash of something random"),
    *_plain("sessions", "seen_at expires_at", TIME),
)
"""The whole schema; a test compares it with both engines."""

ELSEWHERE = (
    "Memory, while the server runs: how much each person and server sent, for an hour at most.",
    "Logs: no words, no names and no addresses of people.",
    "Backups: what the database held then. Sealed columns stay sealed without the key file.",
)
"""What is held outside of the tables."""


def table(columns: tuple[Column, ...] = COLUMNS) -> list[str]:
    """Write the personal columns as a table in Markdown."""
    head = ["| column | what for | until | sealed |", "|---|---|---|---|"]
    return head + [
        f"| `{each.table}.{each.name}` | {each.purpose} | {each.until} |"
        f" {'yes' if each.sealed else 'no'} |"
        for each in columns
        if each.personal
    ]
