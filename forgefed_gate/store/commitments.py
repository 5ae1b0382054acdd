"""What each revision of a message was: hashes that outlive the words, and tell nothing of them."""

from forgefed_gate.domain.ids import NoteId, ThreadId
from forgefed_gate.store.database import Transaction, number, text


async def add(tx: Transaction, note: NoteId, number_: int, commitment: str) -> None:
    """Keep what one revision of a message was."""
    await tx.run(
        "INSERT INTO commitments (message, number, hash) VALUES (:message, :number, :hash)",
        message=note,
        number=number_,
        hash=commitment,
    )


async def of_thread(tx: Transaction, thread: ThreadId) -> dict[tuple[NoteId, int], str]:
    """List what every revision in a conversation was, by message and number."""
    rows = await tx.rows(
        "SELECT commitments.* FROM commitments JOIN messages ON messages.id = message"
        " WHERE thread = :thread",
        thread=thread,
    )
    return {
        (NoteId(text(row, "message")), number(row, "number")): text(row, "hash") for row in rows
    }
