"""Files and engines: whole folders that appear at once, and what the SQL texts of this package share."""
