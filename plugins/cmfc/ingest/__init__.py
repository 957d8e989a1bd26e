"""How records come in: the source mapping, the readers, immutable hashed snapshots (spec 1)."""
