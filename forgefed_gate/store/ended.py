"""What has ended along links and is of use to nobody any more, so that it goes."""

from forgefed_gate.domain.capabilities import BURIED_FOR
from forgefed_gate.domain.ids import Millis
from forgefed_gate.store.database import Transaction


async def forget_grants(tx: Transaction, *, before: Millis, now: Millis) -> None:
    """
    Forget Grants that ended before *before*, unless something that stands refers to them.

    One of somebody else that was revoked is forgotten before its own end only where its
    buried name is remembered for longer than it would have lasted. The leave that a member
    took back counts for as long as they are one, unless they said something later.
    """
    await tx.run(
        """
        DELETE FROM delegations WHERE (ends_at < :before OR revoked_at < :before AND (
            ours = 1 OR EXISTS (SELECT 1 FROM buried_grants AS buried
                WHERE buried.id = delegations.id AND buried.issuer = delegations.actor
                AND delegations.ends_at < buried.buried_at + :buried_for)
        ))
        AND NOT EXISTS (SELECT 1 FROM delegations AS below
            WHERE below.house = delegations.house AND below.delegates = delegations.id
            AND below.revoked_at IS NULL AND below.ends_at > :now)
        AND NOT EXISTS (SELECT 1 FROM links
            WHERE links.house = delegations.house AND links.delegate = delegations.id
            AND links.state <> 'ended')
        AND NOT (role = 'delegate' AND ours = 0 AND link IS NULL
            AND EXISTS (SELECT 1 FROM grants WHERE grants.project = delegations.house
                AND grants.target = delegations.actor AND grants.revoked_at IS NULL
                AND grants.ends_at > :now)
            AND NOT EXISTS (SELECT 1 FROM delegations AS later
                WHERE later.house = delegations.house AND later.actor = delegations.actor
                AND later.role = 'delegate' AND later.ours = 0 AND later.link IS NULL
                AND (later.ends_at > delegations.ends_at
                    OR later.ends_at = delegations.ends_at AND later.id > delegations.id)))
        """,
        before=before,
        buried_for=BURIED_FOR,
        now=now,
    )


async def forget_links(tx: Transaction, *, before: Millis) -> None:
    """Forget links that ended before *before*, once nothing hangs on them any more."""
    await tx.run(
        """
        DELETE FROM links WHERE state = 'ended' AND changed_at < :before
        AND NOT EXISTS (SELECT 1 FROM delegations WHERE delegations.link = links.code)
        AND NOT EXISTS (SELECT 1 FROM tickets WHERE tickets.via = links.code)
        AND NOT EXISTS (SELECT 1 FROM knocks WHERE knocks.via = links.code
            AND knocks.stage NOT IN ('admitted', 'declined', 'withdrawn'))
        """,
        before=before,
    )


async def forget_buried(tx: Transaction, *, now: Millis) -> None:
    """
    Forget the names of revoked Grants, when nothing that bore one can stand any more.

    `linking.on_granted` takes none that lasts for longer; one that a book still holds, from
    before that was so, keeps its name buried.
    """
    await tx.run(
        "DELETE FROM buried_grants WHERE buried_at < :before AND NOT EXISTS"
        " (SELECT 1 FROM delegations WHERE delegations.id = buried_grants.id AND ours = 0)",
        before=now - BURIED_FOR,
    )
