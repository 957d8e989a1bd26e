"""How tables leave: their columns, CSV and Parquet, the data package and the manifest (spec 6)."""
