"""What we say that we hold of people, compared with what the database can hold."""

from collections import Counter
from pathlib import Path

from forgefed_gate.store.inventory import COLUMNS, table

PAGE = Path(__file__).parents[2] / "docs" / "privacy.md"


async def columns(database):
    """Ask the engine itself for every column of every table."""
    asked = (
        "SELECT m.name AS tabled, c.name AS columned FROM sqlite_master AS m"
        " JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'"
        if database.engine == "sqlite"
        else "SELECT table_name AS tabled, column_name AS columned"
        " FROM information_schema.columns WHERE table_schema = 'public'"
    )
    async with database.snapshot() as tx:
        return {(row["tabled"], row["columned"]) for row in await tx.rows(asked)}


async def test_every_column_is_in_the_inventory_and_none_that_is_not_there(database):
    """A column that nobody thought about is one that nobody erases."""
    listed = {(each.table, each.name) for each in COLUMNS}

    assert await columns(database) == listed


async def test_a_column_that_is_not_listed_is_noticed(database):
    """The test above would otherwise hold for any schema at all."""
    async with database.transaction() as tx:
        await tx.run("ALTER TABLE people ADD COLUMN birthday TEXT")
    try:
        listed = {(each.table, each.name) for each in COLUMNS}
        assert await columns(database) - listed == {("people", "birthday")}
    finally:
        async with database.transaction() as tx:
            await tx.run("ALTER TABLE people DROP COLUMN birthday")


def test_each_column_is_listed_once_and_says_all_there_is_to_say():
    """Personal with a purpose and an end, or not personal with the reason."""
    assert max(Counter((each.table, each.name) for each in COLUMNS).values()) == 1
    assert all(each.purpose and each.until for each in COLUMNS if each.personal)
    assert not any(
        each.purpose or each.until or each.sealed for each in COLUMNS if not each.personal
    )


def test_the_page_about_privacy_says_the_same():
    """People read pages, not code; “privacy inventory” prints the same rows."""
    page = PAGE.read_text("utf-8")

    assert "\n".join(table()) in page
