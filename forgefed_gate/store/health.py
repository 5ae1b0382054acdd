"""Whether a database is whole, and which version of everything made it."""

from forgefed_gate.store.database import Database, text


async def damage(database: Database) -> str | None:
    """Say what is damaged, as far as the engine can tell from inside, or None."""
    if database.engine == "postgresql":
        return None
    async with database.snapshot() as tx:
        rows = await tx.rows("SELECT quick_check AS found FROM pragma_quick_check(1)")
    found = text(rows[0], "found") if rows else "ok"
    return None if found == "ok" else found


async def engine_version(database: Database) -> str:
    """Name the engine and its version."""
    async with database.snapshot() as tx:
        if database.engine == "postgresql":
            row = await tx.row("SELECT current_setting('server_version') AS version")
        else:
            row = await tx.row("SELECT sqlite_version() AS version")
    name = "PostgreSQL" if database.engine == "postgresql" else "SQLite"
    return f"{name} {text(row, 'version')}" if row else name


async def schema(database: Database) -> str:
    """Name the newest migration that this database has seen."""
    async with database.snapshot() as tx:
        row = await tx.row("SELECT name FROM migrations ORDER BY name DESC LIMIT 1")
    return text(row, "name") if row else ""
