"""A whole story on one machine: a gate, a small fediverse server, and one person on it."""
