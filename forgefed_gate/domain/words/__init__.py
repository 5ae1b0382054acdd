"""Every sentence that we write to people: plain, kind, and saying what happens next."""
