"""What is simulated is what real gates do: the same histories end in the same books."""

import pytest
from story import draw_rsa

from forgefed_gate.protocol import keys
from simulation.real import open_real
from simulation.script import Pure, written

LENGTH = 24
AT_ONCE = 4


@pytest.mark.parametrize("first", range(0, 40, AT_ONCE))
async def test_a_history_of_real_gates_ends_in_the_same_books(first, tmp_path, monkeypatch):
    """Otherwise the simulation would prove something about itself alone."""
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    for seed in range(first, first + AT_ONCE):
        folder = tmp_path / str(seed)
        folder.mkdir()
        pure, steps = Pure(), written(seed, LENGTH)
        pure.play(steps)
        async with open_real(folder, "sqlite") as real:
            await real.play(steps)
            assert await real.books() == pure.books(), f"seed {seed}"
