"""Hostile input: every parser of foreign bytes, fed by a fuzzer that follows what it covers."""
