"""The lists people work: CSV, Parquet, XLSX, HTML and their description, published whole or not at all (spec 6)."""
