"""How what many ask for at the same time is done once, for all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
Ask = Callable[[Sequence[Asked]], Awaitable[Sequence[Answer | Exception]]]
"""Answers many, in the order in which they are given; an exception is for whoever asked."""


class Together(Generic[Asked, Answer]):
    """
    Gathers those who ask for the same thing, because a transaction costs the same for all.

    Whoever comes alone is answered at once. Where several came together, the next ones are
    let in for *gathering* seconds first; *most* are answered together.
    """

    def __init__(self, *, most: int, gathering: float = 0.0) -> None:
        self._most = most
        self._gathering = gathering
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._answering: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked, answer: Ask[Asked, Answer]) -> Answer:
        """Have *asked* answered, together with what others ask meanwhile."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if self._answering is None:
            self._answering = asyncio.create_task(self._answer_all(answer))
        return await future

    async def _answer_all(self, answer: Ask[Asked, Answer]) -> None:
        crowded = False
        try:
            while self._waiting:
                if crowded:
                    await asyncio.sleep(self._gathering)
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await _answer(batch, answer)
                crowded = len(batch) > 1
        finally:
            self._answering = None


async def _answer(
    batch: Sequence[tuple[Asked, asyncio.Future[Answer]]], answer: Ask[Asked, Answer]
) -> None:
    try:
        answers = await answer([asked for asked, _ in batch])
    except Exception as error:  # noqa: BLE001 - whoever waits is told, and decides
        answers = [error] * len(batch)
    for (_, future), given in zip(batch, answers, strict=True):
        if future.done():
            continue
        if isinstance(given, Exception):
            future.set_exception(given)
        else:
            future.set_result(given)
