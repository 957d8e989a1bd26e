"""The memory between nights: one database, and a journal that cannot be quietly changed (spec 5, 6)."""
