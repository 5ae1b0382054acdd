"""Run the targets one after the other, and say what was found."""

import argparse
import re
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from fuzz import seeds
from fuzz.doors import ENTRANCE
from fuzz.judge import judge
from fuzz.targets import TARGETS

HERE = Path(__file__).parent
FOUND = HERE / "found"
CORPUS = HERE / "corpus"
HUNG = 60
"""Seconds after which a case is given up; whatever is merely slow is judged before."""
MEMORY = 2048


def main() -> int:
    """Fuzz, or read one case again; the exit status is 0 where nothing was found."""
    asked = _arguments()
    if asked.case:
        with closing(ENTRANCE):
            spent = judge(TARGETS[asked.target], asked.case.read_bytes())
        print(f"{asked.target} reads this in {spent * 1000:.1f} ms, as it should.")
        return 0
    chosen = [asked.target] if asked.target else list(TARGETS)
    print(f"{'target':12}{'runs':>12}{'runs/s':>10}{'slowest ms':>12}  what was found", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        seeds.write(Path(folder))
        kept = asked.keep or Path(folder) / "kept"
        return max(_fuzz(name, [kept, CORPUS, Path(folder)], asked=asked) for name in chosen)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--target", choices=TARGETS, help="only this one")
    parser.add_argument("--runs", type=int, default=1_000_000, help="for each target")
    parser.add_argument("--seconds", type=int, default=0, help="for each target, at most")
    parser.add_argument("--seed", type=int, default=0, help="the same cases again; 0 draws others")
    parser.add_argument("--keep", type=Path, help="a folder for all that is learned")
    parser.add_argument("--case", type=Path, help="read this file again, without the fuzzer")
    asked = parser.parse_args()
    if asked.case and not asked.target:
        parser.error("a case is read by one target: say which")
    return asked


def _fuzz(name: str, folders: list[Path], *, asked: argparse.Namespace) -> int:
    """Fuzz one target; what is learned goes to the first of *folders*, and is read in all."""
    FOUND.mkdir(exist_ok=True)
    (folders[0] / name).mkdir(parents=True, exist_ok=True)
    options = [
        *(f"-runs={asked.runs}", f"-max_total_time={asked.seconds}", f"-seed={asked.seed}"),
        *(f"-max_len={TARGETS[name].longest}", f"-rss_limit_mb={MEMORY}"),
        *(f"-dict={HERE}/words/{name}.dict", f"-artifact_prefix={FOUND}/{name}-"),
        *("-print_final_stats=1", f"-timeout={HUNG}"),
        *(f"{folder}/{name}" for folder in folders),
    ]
    command = [sys.executable, "-m", "fuzz.engine", name, *options]
    done = subprocess.run(  # noqa: S603 - it is we who run, once more
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    _tell(name, done.stdout.decode(errors="replace"), failed=done.returncode != 0)
    return min(abs(done.returncode), 1)


def _tell(name: str, log: str, *, failed: bool) -> None:
    runs = _last(r"stat::number_of_executed_units: (\d+)", log)
    pace = _last(r"stat::average_exec_per_sec: +(\d+)", log)
    slowest = _last(r"slowest case so far: ([\d.]+) ms", log)
    verdict = "see below" if failed else "nothing"
    print(f"{name:12}{runs:>12}{pace:>10}{slowest:>12}  {verdict}", flush=True)
    if failed:
        case = _last(r"Test unit written to (\S+)", log)
        print(log[-4000:])
        print(f"To read it again:  make fuzz TARGET={name} CASE={case}", flush=True)


def _last(pattern: str, log: str) -> str:
    return next(reversed(re.findall(pattern, log)), "?")


if __name__ == "__main__":
    sys.exit(main())
