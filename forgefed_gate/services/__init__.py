"""What happens, in order: use cases and transactions."""
