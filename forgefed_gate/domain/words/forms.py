"""How parts of a sentence are put together: paragraphs, lists, numbers of days."""

from forgefed_gate.domain.charter import Clause


def joined(*paragraphs: str) -> str:
    """Part what is said into paragraphs, and leave out the empty ones."""
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def listed(clauses: tuple[Clause, ...]) -> str:
    """List promises, one a line."""
    return "\n".join(f"• {clause.text}" for clause in clauses)


def numbered(questions: tuple[str, ...]) -> str:
    """List questions under their numbers."""
    return "\n".join(f"{number}. {text}" for number, text in enumerate(questions, start=1))


def days(count: int) -> str:
    """Write a number of days."""
    return "1 day" if count == 1 else f"{count} days"
