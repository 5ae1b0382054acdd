"""The command line; what its start imports stays, so nobody looks for garbage in it."""

import gc
import sys

gc.disable()

from forgefed_gate.cli.main import main  # noqa: E402 - an eighth of the start goes without

gc.freeze()
gc.enable()

if __name__ == "__main__":
    sys.exit(main())
