"""Who knocks: HTTP in, pages and documents out."""
