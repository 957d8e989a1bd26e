"""What a record is: the catalogue of feeds and the meaning of a time."""
