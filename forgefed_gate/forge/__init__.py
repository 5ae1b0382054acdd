"""How other forges are spoken with: their API and their webhooks."""
