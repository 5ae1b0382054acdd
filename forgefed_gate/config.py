"""The settings: one TOML file, read once into one frozen value."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from forgefed_gate.domain.errors import Malformed

Network = IPv4Network | IPv6Network

DEFAULT_PORT = 8420


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
    messages_per_minute: int
    messages_per_minute_host: int
    knocks_per_hour: int
    knocks_per_hour_host: int
    closed_threads_days: int
    deliveries_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One line of the file: where it stands, what it means, and how it is read."""

    table: str
    name: str
    default: Any
    meaning: str
    read: Callable[[Any], Any]


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("it must be a text in quotes")
    return value


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("it must be true or false")  # noqa: TRY004 - a wrong value, for a person
    return value


def _between(lowest: int, highest: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise ValueError(f"it must be a number from {lowest} to {highest}")
        return value

    return read


def _base_url(value: Any) -> str:
    parts = urlsplit(_text(value))
    plain = value == f"{parts.scheme}://{parts.netloc}" and value == value.lower()
    if not plain or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("it must look like https://gate.example, without a path or slash after")
    return str(value)


def _networks(value: Any) -> tuple[Network, ...]:
    if not isinstance(value, list):
        raise ValueError("it must be a list of networks")  # noqa: TRY004 - as above
    return tuple(ip_network(_text(item)) for item in value)


def _addresses(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("it must be a list of addresses")  # noqa: TRY004 - as above
    return tuple(str(ip_address(_text(item))) for item in value)


SETTINGS = (
    Setting(
        table="",
        name="base_url",
        default="https://gate.example",
        meaning="The address under which the world sees this gate. It is part of every name that"
        " the gate gives out, so it cannot change later.",
        read=_base_url,
    ),
    Setting(
        table="",
        name="database",
        default="gate.db",
        meaning="Where everything is kept: a file beside this one (SQLite), or"
        " postgresql://user@host/name for PostgreSQL.",
        read=_text,
    ),
    Setting(
        table="",
        name="key_file",
        default="gate.key",
        meaning="The key that seals private words. Without it they cannot be read: keep a copy,"
        " and keep it away from the backups of the database.",
        read=_text,
    ),
    Setting(
        table="listen",
        name="host",
        default="127.0.0.1",
        meaning="The address that the server listens on; a reverse proxy stands in front.",
        read=_text,
    ),
    Setting(
        table="listen",
        name="port",
        default=DEFAULT_PORT,
        meaning="The port that the server listens on.",
        read=_between(1, 65_535),
    ),
    Setting(
        table="net",
        name="allow_http",
        default=False,
        meaning="For closed tests only: talk http, to any port, inside the networks below.",
        read=_yes_or_no,
    ),
    Setting(
        table="net",
        name="allow_networks",
        default=[],
        meaning="For closed tests only: private networks that the gate may connect to.",
        read=_networks,
    ),
    Setting(
        table="net",
        name="trusted_proxies",
        default=["127.0.0.1"],
        meaning="The reverse proxies whose word about the caller's address is believed.",
        read=_addresses,
    ),
    Setting(
        table="limits",
        name="messages_per_minute",
        default=60,
        meaning="How many activities one person may send in a minute.",
        read=_between(60, 100_000),
    ),
    Setting(
        table="limits",
        name="messages_per_minute_host",
        default=300,
        meaning="How many activities one server may send in a minute.",
        read=_between(300, 1_000_000),
    ),
    Setting(
        table="limits",
        name="knocks_per_hour",
        default=20,
        meaning="How many messages somebody who is no member may send in an hour.",
        read=_between(1, 100_000),
    ),
    Setting(
        table="limits",
        name="knocks_per_hour_host",
        default=100,
        meaning="How many messages all people of one server who are no members may send in an"
        " hour.",
        read=_between(1, 100_000),
    ),
    Setting(
        table="retention",
        name="closed_threads_days",
        default=180,
        meaning="After how many days a closed conversation is forgotten.",
        read=_between(1, 36_500),
    ),
    Setting(
        table="retention",
        name="deliveries_days",
        default=90,
        meaning="For how many days a delivery is remembered, so that a repeated one has no effect"
        " twice.",
        read=_between(1, 36_500),
    ),
)


def write_example(**chosen: Any) -> str:
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


def _comment(setting: Setting) -> list[str]:
    words = f"{setting.meaning} Default: {_toml(setting.default)}".split()
    lines, line = list[str](), "#"
    for word in words:
        if len(line) + len(word) > 90:  # noqa: PLR2004 - a comfortable width
            lines.append(line)
            line = "#"
        line += f" {word}"
    return [*lines, line]


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"  # pyright: ignore[reportUnknownVariableType] - TOML knows no more
    return str(value) if isinstance(value, int) else f'"{value}"'


def read_settings(path: Path) -> Settings:
    """Read the file at *path*; a wrong or unknown setting is named with its line."""
    try:
        source = path.read_text(encoding="utf-8")
    except OSError:
        raise Malformed(
            "settings-missing",
            f"There is no settings file at {path}. “forgefed-gate init DIR --base-url URL”"
            " writes one.",
        ) from None
    try:
        document = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise Malformed("settings-malformed", f"{path} cannot be read: {error}.") from None
    values = _read_all(document, source=source, path=path)
    for name in ("key_file", "database"):
        values[name] = _beside(path, values[name])
    return Settings(**{**values, "key_file": Path(values["key_file"])})


def _beside(path: Path, value: str) -> str:
    return value if value.startswith("postgresql://") else str(path.parent / value)


def _read_all(document: dict[str, Any], *, source: str, path: Path) -> dict[str, Any]:
    known = {(setting.table, setting.name): setting for setting in SETTINGS}
    given = dict(_flat(document))
    for table, name in given:
        if (table, name) not in known:
            line = _line(source, table, name)
            raise Malformed("settings-unknown", f"{path}, line {line}: there is no “{name}”.")
    values: dict[str, Any] = {}
    for place, setting in known.items():
        try:
            values[setting.name] = setting.read(given.get(place, setting.default))
        except ValueError as error:
            line = _line(source, *place)
            sentence = f"{path}, line {line}: {setting.name} is wrong: {error}."
            raise Malformed("settings-wrong", sentence) from None
    return values


def _flat(document: dict[str, Any]) -> list[tuple[tuple[str, str], Any]]:
    found: list[tuple[tuple[str, str], Any]] = []
    for name, value in document.items():
        if isinstance(value, dict):
            found += [((name, str(key)), inner) for key, inner in value.items()]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - TOML
        else:
            found.append((("", name), value))
    return found


def _line(source: str, table: str, name: str) -> int:
    """Find the line on which a setting stands."""
    inside = ""
    for number, line in enumerate(source.splitlines(), start=1):
        if line.startswith("["):
            inside = line.strip("[] ")
        elif inside == table and line.partition("=")[0].strip() == name:
            return number
    return 1
