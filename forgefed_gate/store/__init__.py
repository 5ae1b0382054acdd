"""What we remember: SQL in plain sight, one dialect for two engines."""
