"""Which child a report without an id is about: scored by Splink, settled by people (spec 4.1)."""
