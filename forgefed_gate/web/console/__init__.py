"""The console: where people of a project read, decide and answer."""
