"""Whom we can reach: the one outbound client."""
