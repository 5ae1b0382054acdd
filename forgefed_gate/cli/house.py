"""The house itself: making one, keeping it healthy, and moving it."""

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import Generator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from forgefed_gate.app import open_database, open_gate, wall_clock
from forgefed_gate.cli.tables import counted, table
from forgefed_gate.cli.verbs import (
    Answer,
    Verb,
    command,
    file,
    program,
    settings_file,
    settings_for,
)
from forgefed_gate.config import DEFAULT_PORT, Settings, Toml, read_settings, write_example
from forgefed_gate.domain.errors import Conflict, Malformed, Refusal
from forgefed_gate.protocol.frontdoor import Json
from forgefed_gate.services import backup as backups
from forgefed_gate.services import doctor as doctors
from forgefed_gate.services.doctor import Finding, Health
from forgefed_gate.store.keyfile import following, write_key_file
from forgefed_gate.store.migrations import migrate as bring_up_to_date

LOOPBACK = ["127.0.0.0/8", "::1/128"]
MADE_HERE = ("gate.toml", "gate.key", "gate.db")


def init(asked: Namespace) -> Answer:
    """Make a gate in an empty place."""
    folder: Path = asked.dir
    chosen = _chosen(asked.base_url.removesuffix("/"))
    _make_folder(folder)
    with _undone_on_failure(folder):
        path = folder / "gate.toml"
        path.touch(mode=0o600)
        path.write_text(write_example(**chosen), encoding="utf-8")
        settings = read_settings(path)
        write_key_file(settings.key_file)
        asyncio.run(_open_once(settings))
    return _made(folder, settings)


def _chosen(base_url: str) -> dict[str, Toml]:
    """Choose the settings that follow from the address."""
    chosen: dict[str, Toml] = {"base_url": base_url, "port": _port(base_url)}
    if base_url.startswith("http:"):
        if not _is_loopback(base_url):
            raise Malformed(
                "base-url",
                "Other servers only talk to https addresses. Give one, or for a closed test on"
                " this machine http://127.0.0.1:8420.",
            )
        chosen |= {"allow_http": True, "allow_networks": LOOPBACK}
    return chosen


def _port(base_url: str) -> int:
    try:
        return urlsplit(base_url).port or DEFAULT_PORT
    except ValueError:
        raise Malformed("base-url", f"{base_url} has a port that cannot be.") from None


def _is_loopback(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _make_folder(folder: Path) -> None:
    for name in MADE_HERE:
        if (folder / name).exists():
            raise Conflict(
                "gate-exists",
                f"There is a {name} in {folder} already, and it stays as it is. Choose another"
                " folder.",
            )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        folder.chmod(0o700)


@contextmanager
def _undone_on_failure(folder: Path) -> Generator[None]:
    try:
        yield
    except BaseException:
        for name in MADE_HERE:
            for left in folder.glob(f"{name}*"):
                left.unlink()
        raise


async def _open_once(settings: Settings) -> None:
    async with open_gate(settings):
        pass


def _made(folder: Path, settings: Settings) -> Answer:
    lines = [
        f"A gate for {settings.base_url} is in {folder}.",
        f"Keep a copy of {settings.key_file} in a safe place, away from the backups:",
        "without it, private words cannot be read.",
    ]
    if settings.allow_http:
        lines.append(
            "It is for closed tests: allow_http is on, and allow_networks holds this machine's own"
            f" addresses, {' and '.join(LOOPBACK)}."
        )
    return Answer(
        document={
            "base_url": settings.base_url,
            "folder": str(folder),
            "settings": str(folder / "gate.toml"),
            "key_file": str(settings.key_file),
            "allow_http": settings.allow_http,
        },
        lines=(*lines, f"Next: {program()} --config {folder / 'gate.toml'} serve"),
    )


def migrate(asked: Namespace) -> Answer:
    """Bring the database up to this version."""
    applied = asyncio.run(_migrate(settings_for(asked)))
    done = f"Applied: {', '.join(applied)}." if applied else "The database is up to date."
    listed: list[Json] = [*applied]
    return Answer(document={"applied": listed}, lines=(done,))


async def _migrate(settings: Settings) -> list[str]:
    database = await open_database(settings)
    try:
        return await bring_up_to_date(database)
    finally:
        await database.close()


def doctor(asked: Namespace) -> Answer:
    """Examine the gate, whether its server is running or not."""
    path = settings_file(asked)
    settings = read_settings(path)
    found = doctors.examine_files(settings, path.absolute().parent)
    found += asyncio.run(_examine(settings))
    rows: list[Json] = [
        {"id": each.check, "health": each.health.value, "sentence": each.sentence}
        for each in found
    ]
    broken = [each for each in found if each.health is Health.BROKEN]
    return Answer(
        document={"checks": rows, "well": not broken},
        lines=tuple(
            table(
                ("", "check", "found"),
                [(each.health.value, each.check, each.sentence) for each in found],
            )
        ),
        well=not broken,
    )


async def _examine(settings: Settings) -> list[Finding]:
    try:
        async with open_gate(settings) as gate:
            return await doctors.examine(gate)
    except Refusal as refusal:
        return [Finding(check="gate", health=Health.BROKEN, sentence=refusal.sentence)]


def backup(asked: Namespace) -> Answer:
    """Write a backup, while the server may be running."""
    settings = settings_for(asked)
    if settings.on_postgresql:
        raise Refusal(
            "backup-by-pg-dump",
            "This gate keeps its data in PostgreSQL, whose own tool makes the better copy: run"
            f" “pg_dump --format=custom --file {asked.file} NAME”, and keep gate.toml beside it.",
        )
    if following(settings.key_file).exists():
        raise Conflict(
            "rotation-unfinished",
            "A change of keys is under way, and a backup made now would need two key files. Run"
            f" “{command(asked)} privacy rotate-key” to finish it, then make the backup.",
        )
    manifest = asyncio.run(_back_up(settings, settings_file(asked), asked.file))
    return Answer(
        document={
            "file": str(asked.file),
            "version": manifest.version,
            "schema": manifest.schema,
            "made_at": manifest.made_at,
        },
        lines=(
            f"The database and the settings are in {asked.file}.",
            f"The key file {settings.key_file} is not: keep a copy of it in another place, once.",
            "Whoever has both can read everything; whoever has only one, nothing private.",
        ),
    )


async def _back_up(settings: Settings, path: Path, target: Path) -> backups.Manifest:
    database = await open_database(settings)
    try:
        return await backups.write(database, path, target, now=wall_clock())
    finally:
        await database.close()


def restore(asked: Namespace) -> Answer:
    """Make a gate anew from a backup, where the settings file is or will be."""
    path = settings_file(asked)
    restored = asyncio.run(backups.restore(asked.file, path))
    made_at, key_file = restored.manifest.made_at, restored.settings.key_file
    lines = [f"The gate is as it was at {made_at}. What happened since is not in it: look at the"]
    lines.append("grants and blocks, and revoke or block again what you ended after that.")
    if restored.held_back:
        waiting = counted(restored.held_back, "delivery", "deliveries")
        lines.append(
            f"{waiting} may have arrived since and will not be sent again by itself:"
            f" “{command(asked)} jobs list” shows them, “jobs retry ID” sends one."
        )
    if not key_file.exists():
        lines.append(f"Next: put your copy of the key file at {key_file}, readable by you only.")
    lines.append(f"Then: {command(asked)} doctor")
    return Answer(
        document={
            "settings": str(path),
            "made_at": made_at,
            "schema": restored.manifest.schema,
            "held_back": restored.held_back,
            "key_file": str(key_file),
            "key_file_there": key_file.exists(),
        },
        lines=tuple(lines),
    )


def _new_place(parser: ArgumentParser) -> None:
    parser.add_argument("dir", metavar="DIR", type=Path, help="where the gate will be")
    parser.add_argument(
        "--base-url",
        metavar="URL",
        required=True,
        help="the address under which the world will see it; it cannot change later",
    )


VERBS = (
    Verb(
        words="init",
        does="Make a gate: its settings, its key file and its database.",
        example="init data --base-url https://gate.example",
        run=init,
        takes=(_new_place,),
    ),
    Verb(
        words="migrate",
        does="Bring the database up to this version; serve does so by itself.",
        example="migrate",
        run=migrate,
    ),
    Verb(
        words="doctor",
        does="Examine keys, clock, disk, database, discovery, queue and versions.",
        example="doctor",
        run=doctor,
    ),
    Verb(
        words="backup",
        does="Write the database and the settings into one file, without the key file.",
        example="backup gate-2026-11-22.tar",
        run=backup,
        takes=(file,),
    ),
    Verb(
        words="restore",
        does="Make the gate anew from a backup, where there is no database.",
        example="--config data/gate.toml restore gate-2026-11-22.tar",
        run=restore,
        takes=(file,),
    ),
)
