"""The settings: one TOML file, read once into one frozen value."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Generic, TypeVar, cast

from forgefed_gate.domain import choices
from forgefed_gate.domain.choices import Network
from forgefed_gate.domain.errors import Malformed

Toml = str | int | bool | list[str]

DEFAULT_PORT = 8420
WIDTH = 90
POSTGRESQL = "postgresql://"

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that a self-hoster can choose."""

    base_url: str
    database: str
    key_file: Path
    host: str
    port: int
    allow_http: bool
    allow_networks: tuple[Network, ...]
    trusted_proxies: tuple[str, ...]
    notice_only: tuple[str, ...]
    words_anyway: tuple[str, ...]
    messages_per_minute: int
    messages_per_minute_host: int
    knocks_per_hour: int
    knocks_per_hour_host: int
    closed_threads_days: int
    deliveries_days: int
    checkpoints: Path
    witness: str
    witness_for: tuple[str, ...]
    tokens: tuple[tuple[str, str], ...]

    @property
    def on_postgresql(self) -> bool:
        """Whether everything is kept in PostgreSQL rather than in a file."""
        return self.database.startswith(POSTGRESQL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Generic[T_co]):
    """One line of the file: where it stands, what it means, and how it is read."""

    table: str = ""
    name: str
    default: Toml
    meaning: str
    read: Callable[[object], T_co]


BASE_URL = Setting(
    name="base_url",
    default="https://gate.example",
    meaning="The address under which the world sees this gate. It is part of every name that"
    " the gate gives out, so it cannot change later.",
    read=choices.base_url,
)
DATABASE = Setting(
    name="database",
    default="gate.db",
    meaning="Where everything is kept: a file beside this one (SQLite), or"
    " postgresql://user@host/name for PostgreSQL. Its password stays out of this file: PGPASSWORD"
    " and ~/.pgpass are honoured.",
    read=choices.text,
)
KEY_FILE = Setting(
    name="key_file",
    default="gate.key",
    meaning="The key that seals private words. Without it they cannot be read: keep a copy,"
    " and keep it away from the backups of the database.",
    read=choices.text,
)
LISTEN_HOST = Setting(
    table="listen",
    name="host",
    default="127.0.0.1",
    meaning="The address that the server listens on; a reverse proxy stands in front.",
    read=choices.text,
)
PORT = Setting(
    table="listen",
    name="port",
    default=DEFAULT_PORT,
    meaning="The port that the server listens on.",
    read=choices.between(1, 65_535),
)
ALLOW_HTTP = Setting(
    table="net",
    name="allow_http",
    default=False,
    meaning="For closed tests only: talk http, to any port, inside the networks below.",
    read=choices.yes_or_no,
)
ALLOW_NETWORKS = Setting(
    table="net",
    name="allow_networks",
    default=[],
    meaning="For closed tests only: private networks that the gate may connect to.",
    read=choices.networks,
)
TRUSTED_PROXIES = Setting(
    table="net",
    name="trusted_proxies",
    default=["127.0.0.1"],
    meaning="The reverse proxies whose word about the caller's address is believed.",
    read=choices.addresses,
)
NOTICE_ONLY = Setting(
    table="peers",
    name="notice_only",
    default=[],
    meaning="Servers whose people get a notice in place of private words, as do those of software"
    " that is known to show private posts around: hosts as they stand in an address. The notice"
    " says how they get to read the words here.",
    read=choices.hosts,
)
WORDS_ANYWAY = Setting(
    table="peers",
    name="words_anyway",
    default=[],
    meaning="Servers whose people get private words though their software is on that list, since"
    " somebody mended it there. A server that is named under notice_only too gets none.",
    read=choices.hosts,
)
MESSAGES_PER_MINUTE = Setting(
    table="limits",
    name="messages_per_minute",
    default=60,
    meaning="How many activities one person may send in a minute.",
    read=choices.between(60, 100_000),
)
MESSAGES_PER_MINUTE_HOST = Setting(
    table="limits",
    name="messages_per_minute_host",
    default=300,
    meaning="How many activities one server may send in a minute.",
    read=choices.between(300, 1_000_000),
)
KNOCKS_PER_HOUR = Setting(
    table="limits",
    name="knocks_per_hour",
    default=20,
    meaning="How many messages somebody who is no member may send in an hour.",
    read=choices.between(1, 100_000),
)
KNOCKS_PER_HOUR_HOST = Setting(
    table="limits",
    name="knocks_per_hour_host",
    default=100,
    meaning="How many messages all people of one server who are no members may send in an hour.",
    read=choices.between(1, 100_000),
)
CLOSED_THREADS_DAYS = Setting(
    table="retention",
    name="closed_threads_days",
    default=180,
    meaning="After how many days a closed conversation, questions that nobody answered, and the"
    " record of who decided what are forgotten.",
    read=choices.between(1, 36_500),
)
DELIVERIES_DAYS = Setting(
    table="retention",
    name="deliveries_days",
    default=90,
    meaning="For how many days a delivery is remembered, so that a repeated one has no effect"
    " twice, and one that was given up can be tried again.",
    read=choices.between(1, 36_500),
)

CHECKPOINTS = Setting(
    table="audit",
    name="checkpoints",
    default="gate.checkpoints",
    meaning="The file that tells what the audit log came to, every few minutes. Keep it, or copies"
    " of it, where whoever can change the database cannot change it too.",
    read=choices.text,
)
WITNESS = Setting(
    table="audit",
    name="witness",
    default="",
    meaning="The address of another gate, kept by somebody else, that is told what the audit log"
    " came to. It must name this one under witness_for.",
    read=choices.perhaps_base_url,
)
WITNESS_FOR = Setting(
    table="audit",
    name="witness_for",
    default=[],
    meaning="The addresses of gates that this one bears witness for: it keeps the latest"
    " checkpoint of each, and takes none that contradicts it.",
    read=choices.base_urls,
)
TOKENS = Setting(
    table="forge",
    name="tokens",
    default=[],
    meaning="Forges that projects here may be connected with, each with the file that holds our"
    " token for it, or $NAME for a variable of the environment. A token goes to its forge alone.",
    read=choices.tokens,
)

SETTINGS: tuple[Setting[object], ...] = (
    BASE_URL,
    DATABASE,
    KEY_FILE,
    LISTEN_HOST,
    PORT,
    ALLOW_HTTP,
    ALLOW_NETWORKS,
    TRUSTED_PROXIES,
    NOTICE_ONLY,
    WORDS_ANYWAY,
    MESSAGES_PER_MINUTE,
    MESSAGES_PER_MINUTE_HOST,
    KNOCKS_PER_HOUR,
    KNOCKS_PER_HOUR_HOST,
    CLOSED_THREADS_DAYS,
    DELIVERIES_DAYS,
    CHECKPOINTS,
    WITNESS,
    WITNESS_FOR,
    TOKENS,
)
"""Every setting, in the order of the file."""


def write_example(**chosen: Toml) -> str:
    """Write a settings file: every setting once, its meaning above it, *chosen* ones filled in."""
    lines: list[str] = []
    table = ""
    for setting in SETTINGS:
        if setting.table != table:
            table = setting.table
            lines += [f"[{table}]", ""]
        value = chosen.get(setting.name, setting.default)
        lines += [*_comment(setting), f"{setting.name} = {_toml(value)}", ""]
    return "\n".join(lines)


def _comment(setting: Setting[object]) -> list[str]:
    words = f"{setting.meaning} Default: {_toml(setting.default)}".split()
    lines, line = list[str](), "#"
    for word in words:
        if len(line) + len(word) > WIDTH:
            lines.append(line)
            line = "#"
        line += f" {word}"
    return [*lines, line]


def _toml(value: Toml) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case str():
            return f'"{value}"'
        case list():
            return "[" + ", ".join(_toml(item) for item in value) + "]"


def read_settings(path: Path) -> Settings:
    """Read the file at *path*; a wrong or unknown setting is named with its line."""
    file = _open(path)
    file.refuse_unknown()
    file.refuse_http_in_the_open()
    database = file.read(DATABASE)
    return Settings(
        base_url=file.read(BASE_URL),
        database=database if database.startswith(POSTGRESQL) else str(path.parent / database),
        key_file=path.parent / file.read(KEY_FILE),
        host=file.read(LISTEN_HOST),
        port=file.read(PORT),
        allow_http=file.read(ALLOW_HTTP),
        allow_networks=file.read(ALLOW_NETWORKS),
        trusted_proxies=file.read(TRUSTED_PROXIES),
        notice_only=file.read(NOTICE_ONLY),
        words_anyway=file.read(WORDS_ANYWAY),
        messages_per_minute=file.read(MESSAGES_PER_MINUTE),
        messages_per_minute_host=file.read(MESSAGES_PER_MINUTE_HOST),
        knocks_per_hour=file.read(KNOCKS_PER_HOUR),
        knocks_per_hour_host=file.read(KNOCKS_PER_HOUR_HOST),
        closed_threads_days=file.read(CLOSED_THREADS_DAYS),
        deliveries_days=file.read(DELIVERIES_DAYS),
        checkpoints=path.parent / file.read(CHECKPOINTS),
        witness=file.read(WITNESS),
        witness_for=file.read(WITNESS_FOR),
        tokens=tuple((url, _beside(path, place)) for url, place in file.read(TOKENS)),
    )


def _beside(path: Path, place: str) -> str:
    return place if place.startswith("$") else str(path.parent / place)


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A settings file as it stands: its source, and what it holds by table and name."""

    path: Path
    source: str
    given: Mapping[tuple[str, str], object]

    def read(self, setting: Setting[T]) -> T:
        """Read one setting, or its default; a wrong one is named with its line."""
        place = (setting.table, setting.name)
        try:
            return setting.read(self.given.get(place, setting.default))
        except ValueError as error:
            raise self.wrong(setting, str(error)) from None

    def wrong(self, setting: Setting[object], why: str) -> Malformed:
        """Say what is wrong with a setting, and on which line."""
        line = self.line(setting.table, setting.name)
        sentence = f"{self.path}, line {line}: {setting.name} is wrong: {why}."
        return Malformed("settings-wrong", sentence)

    def refuse_http_in_the_open(self) -> None:
        """Refuse a gate that nobody could answer: http is for closed tests, and says so."""
        if self.read(BASE_URL).startswith("http:") and not self.read(ALLOW_HTTP):
            raise self.wrong(
                BASE_URL, "the open network speaks https; a closed test sets allow_http as well"
            )

    def refuse_unknown(self) -> None:
        """Refuse a name that means nothing here: it was meant to change something."""
        known = [(setting.table, setting.name) for setting in SETTINGS]
        for table, name in self.given:
            if (table, name) not in known:
                where = f"{self.path}, line {self.line(table, name)}"
                sentence = f"{where}: there is no setting “{_shown(table, name)}”."
                raise Malformed("settings-unknown", sentence + _meant(name))

    def line(self, table: str, name: str) -> int:
        """Find the line on which a setting stands."""
        inside = ""
        for number, line in enumerate(self.source.splitlines(), start=1):
            if line.lstrip().startswith("["):
                inside = line.partition("#")[0].strip("[] ")
            elif inside == table and line.partition("=")[0].strip() == name:
                return number
        return 1


def _open(path: Path) -> _File:
    try:
        source = path.read_text(encoding="utf-8")
        document: dict[str, object] = tomllib.loads(source)
    except FileNotFoundError:
        raise Malformed(
            "settings-missing",
            f"There is no settings file at {path}. “forgefed-gate init DIR --base-url URL”"
            " writes one; --config names another.",
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Malformed("settings-malformed", f"{path} cannot be read: {error}.") from None
    return _File(path=path, source=source, given=dict(_flat(document)))


def _flat(document: Mapping[str, object]) -> Iterator[tuple[tuple[str, str], object]]:
    for name, value in document.items():
        if isinstance(value, dict):
            table = cast("dict[str, object]", value)  # TOML's tables have text for names
            yield from (((name, inner), what) for inner, what in table.items())
        else:
            yield ("", name), value


def _shown(table: str, name: str) -> str:
    return f"[{table}] {name}" if table else name


def _meant(name: str) -> str:
    shown = {setting.name: _shown(setting.table, setting.name) for setting in SETTINGS}
    near = get_close_matches(name, shown, n=1)
    if near:
        return f" Did you mean “{shown[near[0]]}”?"
    return f" There are: {', '.join(shown.values())}."
