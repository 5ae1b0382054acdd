"""What something costs: its trips to the database."""

from typing import Any


class Counted:
    """A transaction that counts its trips to the database."""

    def __init__(self, tx: Any) -> None:
        self.tx, self.trips = tx, 0

    def __getattr__(self, name: str) -> Any:
        """Go where the transaction would."""
        self.trips += 1
        return getattr(self.tx, name)
