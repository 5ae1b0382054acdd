-- What follows from a Grant is counted before it is taken back (ways.py).

CREATE INDEX delegations_by_parent ON delegations (house, delegates) WHERE delegates IS NOT NULL;
