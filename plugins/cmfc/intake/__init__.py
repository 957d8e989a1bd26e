"""How records come in: source mapping, readers, immutable snapshots, and the checks at the door (spec 1)."""
