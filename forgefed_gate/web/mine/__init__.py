"""The pages of a conversation's parties: what is theirs to read, and nothing else."""
