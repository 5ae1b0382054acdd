"""Run random histories of many gates, and print the seed of each that went wrong."""

import argparse
import random
import sys
import traceback
from collections import Counter
from time import monotonic

from simulation.history import drawn


def main() -> int:
    """Run histories; the exit status is 0 where all went well."""
    asked = _arguments()
    first = random.SystemRandom().randrange(1 << 32) if asked.seed is None else asked.seed
    began, wrong = monotonic(), list[int]()
    passed, refused = Counter[int](), 0
    for seed in range(first, first + asked.runs):
        run = drawn(seed, asked.gates)
        try:
            run.run()
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the next one runs too
            wrong.append(seed)
            print(f"seed {seed}: {type(error).__name__}: {error}", flush=True)
            if asked.runs == 1:
                traceback.print_exc()
        passed.update(run.passed)
        refused += run.refused
    print(
        f"{asked.runs} histories from seed {first} in {monotonic() - began:.0f} s:"
        f" {passed.total()} acts passed, {refused} were refused, {len(wrong)} went wrong."
    )
    print("By how long their chains were:", dict(sorted(passed.items())))
    for seed in wrong[:10]:
        gates = f" GATES={asked.gates}" if asked.gates else ""
        print(f"To see it again:  make simulate RUNS=1 SEED={seed}{gates}")
    return min(len(wrong), 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000, help="how many histories")
    parser.add_argument("--seed", type=int, default=None, help="the first seed; drawn if none")
    parser.add_argument("--gates", type=int, default=0, help="so many in each; else 2 to 8")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
