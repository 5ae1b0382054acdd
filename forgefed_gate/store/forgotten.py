"""Who was forgotten, as salted hashes: what was decided about them, and until when it holds."""

from collections.abc import Iterable

from forgefed_gate.domain.forgetting import Decided, Kept
from forgefed_gate.domain.ids import ActorId, Millis, Slug
from forgefed_gate.store.database import Transaction, blob, number, text


async def keep(tx: Transaction, who: str, decisions: Iterable[Kept], *, now: Millis) -> None:
    """Keep what was decided about *who*, a hash; the later end counts."""
    for kept in decisions:
        await tx.run(
            "INSERT INTO forgotten (who, project, decided, ends_at, erased_at)"
            " VALUES (:who, :project, :decided, :ends_at, :now)"
            " ON CONFLICT (who, project, decided) DO UPDATE SET ends_at = excluded.ends_at,"
            " erased_at = excluded.erased_at",
            who=who,
            project=kept.project,
            decided=kept.decided.value,
            ends_at=kept.ends_at,
            now=now,
        )


async def kept(tx: Transaction, who: str, *, now: Millis) -> list[Kept]:
    """List what is still kept about *who*, a hash."""
    rows = await tx.rows(
        "SELECT project, decided, ends_at FROM forgotten WHERE who = :who AND ends_at > :now"
        " ORDER BY project, decided",
        who=who,
        now=now,
    )
    return [
        Kept(
            project=Slug(text(row, "project")),
            decided=Decided(text(row, "decided")),
            ends_at=Millis(number(row, "ends_at")),
        )
        for row in rows
    ]


async def lift_block(tx: Transaction, who: str, *, project: Slug) -> bool:
    """Let a block of *who*, a hash, end now."""
    lifted = await tx.run(
        "DELETE FROM forgotten WHERE who = :who AND project = :project AND decided = 'blocked'",
        who=who,
        project=project,
    )
    return lifted == 1


async def ended(tx: Transaction, *, now: Millis) -> None:
    """Let go of decisions whose time is over, and of codes that nobody repeated."""
    await tx.run("DELETE FROM forgotten WHERE ends_at <= :now", now=now)
    await tx.run("DELETE FROM forget_codes WHERE expires_at <= :now", now=now)


async def ask(tx: Transaction, actor: ActorId, code: str, *, expires_at: Millis) -> None:
    """Remember the code that *actor* was asked to repeat; an earlier one is void."""
    await tx.run(
        "INSERT INTO forget_codes (actor, code, expires_at) VALUES (:actor, :code, :expires_at)"
        " ON CONFLICT (actor) DO UPDATE SET code = excluded.code,"
        " expires_at = excluded.expires_at",
        actor=actor,
        code=code,
        expires_at=expires_at,
    )


async def answered(tx: Transaction, actor: ActorId, code: str, *, now: Millis) -> bool:
    """Use a code up; False where it is another one, or too old."""
    used = await tx.run(
        "DELETE FROM forget_codes WHERE actor = :actor AND code = :code AND expires_at > :now",
        actor=actor,
        code=code,
        now=now,
    )
    return used == 1


async def secret(tx: Transaction, name: str) -> bytes | None:
    """Give a sealed secret of our own, or None before there is one."""
    row = await tx.row("SELECT sealed FROM own_secrets WHERE name = :name", name=name)
    return blob(row, "sealed") if row else None


async def add_secret(tx: Transaction, name: str, sealed: bytes, *, now: Millis) -> None:
    """Keep a sealed secret of our own; one that exists stays."""
    await tx.run(
        "INSERT INTO own_secrets (name, sealed, created_at) VALUES (:name, :sealed, :now)"
        " ON CONFLICT DO NOTHING",
        name=name,
        sealed=sealed,
        now=now,
    )


async def secrets(tx: Transaction) -> list[tuple[str, bytes]]:
    """List the sealed secrets of our own."""
    rows = await tx.rows("SELECT name, sealed FROM own_secrets ORDER BY name")
    return [(text(row, "name"), blob(row, "sealed")) for row in rows]


async def reseal(tx: Transaction, name: str, sealed: bytes) -> None:
    """Keep a secret of our own, which is the same as before, sealed anew."""
    await tx.run(
        "UPDATE own_secrets SET sealed = :sealed WHERE name = :name", name=name, sealed=sealed
    )


async def forget_secret(tx: Transaction, name: str) -> None:
    """Forget a secret of our own that nothing needs any more."""
    await tx.run("DELETE FROM own_secrets WHERE name = :name", name=name)
