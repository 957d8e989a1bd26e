"""What a record is: the catalogue of feeds, their columns and codes (spec 1)."""
