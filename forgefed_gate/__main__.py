"""The command line, for `python -m forgefed_gate`."""

import sys

from forgefed_gate.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
