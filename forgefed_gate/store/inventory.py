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
PUBLIC = "until it is withdrawn, or they are forgotten; where it never was public, until it ended"
SEATED = (
    "closed_threads_days after the conversation or the seat ended, or until they are forgotten"
)
UNLINKED = (
    "180 days after the link ended, once its Grants are gone;"
    " if they are forgotten, under a salted hash"
)
PASSED_ON = "30 days after it ended; if they are forgotten, under a salted hash"
LET = "30 days after it ended, or until they are forgotten"
BURIED = "188 days, which is longer than the Grant can last, or until they are forgotten"
LINKED = "about a link between projects and teams, not about a person"
CONNECTED = "until the project is connected with it no more"
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
    *_plain("projects", "slug name created_at signs_notes_since kind", OURS),
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
    *_plain(
        "software", "origin name version asked_at until", "what a server runs, whoever lives there"
    ),
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
    *_kept("threads", "assigned", "who looks after it", f"until it is handed over, or {ERASED}"),
    *_plain("threads", "orphaned", STATE),
    *_plain("threads", "id code", RANDOM),
    *_plain("threads", "project", OURS),
    *_plain("threads", "closed opened_at changed_at", TIME),
    *_kept("messages", "id", "which message an edit or a copy is about", RENAMED),
    *_kept("messages", "author", "who said it", RENAMED),
    *_plain("messages", "thread position", "where it stands"),
    *_plain("messages", "speaker deleted aside", STATE),
    *_plain("messages", "at", TIME),
    *_kept("commitments", "message", "which message a hash is of", RENAMED),
    *_plain("commitments", "hash", "a hash whose salt goes with the words"),
    *_plain("commitments", "number", "a number that we count up"),
    *_kept("seats", "actor", "who was added to a conversation", SEATED),
    *_plain("seats", "code thread", RANDOM),
    *_plain("seats", "history", STATE),
    *_plain("seats", "since", "a number that we count up"),
    *_plain("seats", "proposed_at taken_at ended_at", TIME),
    *_kept("copies", "message reader", "who has which message from us", CLOSED),
    *_plain("copies", "id", RANDOM),
    *_kept("export_links", "party", "to whom a link gives their conversation", "15 minutes"),
    *_plain("export_links", "hash", "a hash of something random"),
    *_plain("export_links", "thread", RANDOM),
    *_plain("export_links", "expires_at", TIME),
    # What is published by consent
    *_kept("publications", "proposer", "who asked for it to be public", RENAMED),
    *_kept("publications", "heading", "the title that is asked about", PUBLIC, sealed=True),
    *_kept("publications", "title", "what is public by consent", PUBLIC),
    *_plain("publications", "id thread", RANDOM),
    *_plain("publications", "project", OURS),
    *_plain("publications", "stage", STATE),
    *_plain("publications", "asked_at changed_at", TIME),
    *_kept("excerpts", "author note", "whose words these are, so that they can withdraw", PUBLIC),
    *_kept("excerpts", "sealed", "the words that are asked about", PUBLIC, sealed=True),
    *_kept("excerpts", "words", "what is public by consent", PUBLIC),
    *_plain("excerpts", "publication", RANDOM),
    *_plain("excerpts", "position revision", "a number that we count up"),
    *_plain("excerpts", "speaker", STATE),
    *_kept("consents", "author code hash given", "who said yes to which text", PUBLIC),
    *_kept("consents", "name", "the name that they chose to be public", PUBLIC),
    *_kept("consents", "sealed_name", "the name that they chose", PUBLIC, sealed=True),
    *_kept("consents", "evidence", "the proof of their yes", PUBLIC, sealed=True),
    *_plain("consents", "publication note", RANDOM),
    *_kept("revisions", "words", "what was said", CLOSED, sealed=True),
    *_kept("revisions", "evidence", "the proof of who said it", CLOSED, sealed=True),
    *_kept("revisions", "message", "which message these words belong to", CLOSED),
    *_plain("revisions", "number at", TIME),
    *_kept("knocks", "actor", "who asked to take part", RENAMED),
    *_kept("knocks", "join_activity", "the request that is answered", ERASED),
    *_kept("knocks", "stage role days", "what was decided", RENAMED),
    *_kept("knocks", "invited_by", "whose invitation it is", RENAMED),
    *_plain("knocks", "id thread invite_activity", RANDOM),
    *_kept("knocks", "via", "which team stands for them", RENAMED),
    *_plain("knocks", "project charter", OURS),
    *_plain("knocks", "opened_at changed_at", TIME),
    *_kept("grants", "target role", "who may do what", RENAMED),
    *_kept("grants", "fulfills document", "the signed Grant, as it was sent", ERASED),
    *_plain("grants", "id", RANDOM),
    *_plain("grants", "project charter asked", OURS),
    *_plain("grants", "starts_at ends_at revoked_at noted_at", TIME),
    *_kept("tickets", "offer id", "which message an issue is, and what answers are about", CLOSED),
    *_kept("tickets", "capability via", "by which Grant, and which team, it was opened", CLOSED),
    *_plain("tickets", "thread", RANDOM),
    *_plain("tickets", "tracker context", "a tracker, or a conversation, by its address"),
    *_plain("tickets", "ours state contained", STATE),
    *_plain("tickets", "opened_at", TIME),
    # Links
    *_kept("links", "peer added_by", "with whom a house is linked, or who asked for it", UNLINKED),
    *_plain("links", "code house kind role ends_at cap", LINKED),
    *_plain("links", "state delegate paused leaving opened_at changed_at", LINKED),
    *_kept("delegations", "target role", "who may do what, through which team", PASSED_ON),
    *_kept("delegations", "actor capability", "by which Grant somebody lets us", LET),
    *_plain("delegations", "id delegates fulfills result link", RANDOM),
    *_plain("delegations", "house ours context allows through believed_for", LINKED),
    *_plain("delegations", "starts_at ends_at kept_at revoked_at alive_until", TIME),
    *_kept("buried_grants", "id issuer", "that a Grant was revoked by whoever gave it", BURIED),
    *_plain("buried_grants", "buried_at", TIME),
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
    *_plain("reports", "orphaned", STATE),
    *_kept(
        "kept_evidence",
        "subject",
        "of whom safety contacts keep something",
        "until ends_at, a year; under a salted hash when they are forgotten",
    ),
    *_kept(
        "kept_evidence",
        "words",
        "what led to a block: what was said and reported",
        "until ends_at, a year, though they are forgotten; what others said, until they are",
        sealed=True,
    ),
    *_plain("kept_evidence", "id", RANDOM),
    *_plain("kept_evidence", "project", OURS),
    *_plain("kept_evidence", "kept_at ends_at", TIME),
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
    *_kept(
        "openings",
        "reader role at",
        "who opened somebody's words, so that they can ask",
        "closed_threads_days, or until whose words they are is forgotten; the reader renamed",
    ),
    *_plain("openings", "id", RANDOM),
    *_plain("openings", "project subject", "a project, or a conversation's random id"),
    *_kept("unreadable", "place", "which words are damaged", f"closed_threads_days, or {ERASED}"),
    *_plain("unreadable", "at", TIME),
    *_kept(
        "audit_waiting",
        "entry",
        "that something was done, about hashes under the keys of those it concerns",
        "minutes, then audit_log",
    ),
    *_kept(
        "audit_log",
        "entry",
        "that something was done, about hashes under the keys of those it concerns",
        "always; the hashes say nothing once their key is destroyed",
    ),
    *_plain("audit_waiting", "id", RANDOM),
    *_plain("audit_waiting", "soon", STATE),
    *_plain("audit_waiting", "sequence", "a number that we count up"),
    *_plain("audit_log", "id", RANDOM),
    *_plain("audit_log", "position", "a number that we count up"),
    *_plain("audit_nodes", "level place hash", "a tree of hashes over the audit log"),
    *_plain(
        "audit_head", "name size checkpoint at", "how far the audit log goes, as anybody sees"
    ),
    *_plain("witnessed", "origin size note at", "what another gate told of its audit log"),
    # Beside a forge
    *_plain("connections", "project forge kind repository number", OURS),
    *_plain("connections", "mode", STATE),
    *_plain("connections", "hook", "a hash of something random"),
    *_plain("connections", "connected_at", TIME),
    *_kept("connections", "name", "which repository it is, by its owner's name", CONNECTED),
    *_plain("hook_deliveries", "hook", "a hash of something random"),
    *_plain("hook_deliveries", "id", RANDOM),
    *_kept("hook_deliveries", "body_hash", "a hash by which a copy is known", "30 days"),
    *_plain("hook_deliveries", "received_at", TIME),
    *_plain("labelled", "forge repository", OURS),
    *_kept(
        "labelled",
        "issue",
        "which issue got our label, so that it stays off once somebody took it off",
        "always: it names an issue, and nobody who wrote it",
    ),
    *_plain("labelled", "begun_at done_at", TIME),
    # Grants that are shown
    *_kept("show_links", "holder shown", "whose Grant a link shows to others", "a day"),
    *_plain("show_links", "hash", "a hash of something random"),
    *_plain("show_links", "expires_at", TIME),
    *_kept(
        "shown_grants",
        "sealed",
        "what somebody who knocks shows of a Grant from elsewhere, for whoever decides",
        CLOSED,
        sealed=True,
    ),
    *_plain("shown_grants", "knock", RANDOM),
    *_plain("shown_grants", "looked_at", TIME),
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
