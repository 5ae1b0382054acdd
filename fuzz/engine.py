"""One target under the fuzzer, in a process of its own: the fuzzer ends it when it is done."""

import sys

import atheris

WATCHED = ["forgefed_gate", *(["pyld"] if sys.argv[1:2] == ["linked"] else [])]

with atheris.instrument_imports(include=WATCHED):
    from fuzz.doors import ENTRANCE
    from fuzz.judge import judge
    from fuzz.targets import TARGETS

SAYS = "slowest case so far: "


def main(name: str, *options: str) -> None:
    """Fuzz the target called *name*; *options* are libFuzzer's, and so is the exit status."""
    target, slowest = TARGETS[name], 0.0

    def one(data: bytes) -> None:
        nonlocal slowest
        try:
            spent = judge(target, data)
        except BaseException:
            ENTRANCE.close()  # its threads would keep this process from ending
            raise
        if spent > slowest:
            slowest = spent
            print(f"{SAYS}{spent * 1000:.1f} ms", file=sys.stderr)

    again = f"{sys.executable} -m fuzz.engine {name}"  # what libFuzzer starts to merge cases
    atheris.Setup([again, *options], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
