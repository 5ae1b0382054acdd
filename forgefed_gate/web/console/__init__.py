"""The console: where people of a project read, decide and answer."""

from forgefed_gate.web.console.routes import routes

__all__ = ["routes"]
