"""How it is written: bytes to domain and back, without a socket."""
