"""What SQL texts of this package share."""


def quoted(value: object) -> str:
    """A path or a text as it stands between single quotes in SQL."""
    return str(value).replace("'", "''")
