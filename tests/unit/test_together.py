"""What many ask for at once is answered at once, and each gets an answer of their own."""

import asyncio

import pytest

from forgefed_gate.services.together import Together


def doubled(batches):
    """Answer with twice the number, and keep count of who came together."""

    async def answer(batch):
        batches.append(list(batch))
        await asyncio.sleep(0)
        return [number * 2 for number in batch]

    return answer


async def test_each_gets_an_answer_of_their_own():
    """Whoever is answered together is not answered alike."""
    together, batches = Together(most=100), []

    answers = await asyncio.gather(*(together.ask(n, doubled(batches)) for n in range(10)))

    assert answers == [n * 2 for n in range(10)]
    assert batches == [[*range(10)]]


async def test_a_crowd_is_let_in_so_many_at_a_time():
    """A transaction that is too long keeps everybody waiting."""
    together, batches = Together(most=4), []

    answers = await asyncio.gather(*(together.ask(n, doubled(batches)) for n in range(10)))

    assert answers == [n * 2 for n in range(10)]
    assert [len(batch) for batch in batches] == [4, 4, 2]


async def test_who_comes_while_others_are_answered_is_next():
    """Nobody is left waiting for somebody to come after them."""
    together, batches, gone_in = Together(most=100), [], asyncio.Event()

    async def slow(batch):
        gone_in.set()
        await asyncio.sleep(0.01)
        return await doubled(batches)(batch)

    first = asyncio.create_task(together.ask(1, slow))
    await gone_in.wait()

    assert await together.ask(2, slow) == 4
    assert await first == 2
    assert batches == [[1], [2]]
    assert await together.ask(3, slow) == 6


async def test_a_refusal_meant_for_one_reaches_one():
    """What is wrong with one row is not wrong with the others."""
    together = Together(most=100)

    async def picky(batch):
        return [LookupError(n) if n == 1 else n for n in batch]

    answers = await asyncio.gather(
        *(together.ask(n, picky) for n in range(3)), return_exceptions=True
    )

    assert [answers[0], answers[2]] == [0, 2]
    assert isinstance(answers[1], LookupError)


async def test_what_fails_as_a_whole_fails_for_all_and_then_goes_on():
    """A database that is away is away for everybody, and comes back for everybody."""
    together = Together(most=100)

    async def away(_batch):
        raise TimeoutError

    answers = await asyncio.gather(
        *(together.ask(n, away) for n in range(3)), return_exceptions=True
    )

    assert [type(answer) for answer in answers] == [TimeoutError] * 3
    assert await together.ask(4, doubled([])) == 8


async def test_who_gave_up_waiting_costs_the_others_nothing():
    """A request that was cut off is nobody else's trouble."""
    together, batches = Together(most=100), []
    asking = [asyncio.create_task(together.ask(n, doubled(batches))) for n in range(3)]
    await asyncio.sleep(0)
    asking[1].cancel()

    assert [await asking[0], await asking[2]] == [0, 4]
    with pytest.raises(asyncio.CancelledError):
        await asking[1]
