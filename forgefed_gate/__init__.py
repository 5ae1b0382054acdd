"""forgefed_gate: a gate for open-source contributions."""

__version__ = "0.1.0"
