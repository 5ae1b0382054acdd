"""Gates in one process on one clock, and what may befall them."""
