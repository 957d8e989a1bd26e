"""The memory between nights: all code that reads or writes the database, and the journal (spec 5, 6)."""
