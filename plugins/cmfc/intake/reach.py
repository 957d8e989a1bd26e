"""Looks whether a mapped source can be read and has the columns, before its first night; no row is judged."""

from typing import Any

from cmfc.feeds.catalog import feeds
from cmfc.intake.canonical import Translation
from cmfc.intake.mapping import AgencyMapping
from cmfc.intake.readers import Connect, read
from cmfc.intake.snapshot import wanted_of
from cmfc.intake.unknowns import show_column


def reach(feed_name: str, mapping: AgencyMapping, connect: Connect | None) -> dict[str, Any]:
    """Reads the first rows of a feed's source.

    Returns:
        `source`; `columns`, how many are mapped; `missing_columns`, mapped ones that the source lacks, by our names;
        `unknown_columns` of the source that the mapping neither maps nor ignores, as they may be shown.

    Raises:
        UnreadableFeed: CMFC-I01, the source cannot be read.
    """
    mapped = mapping.feeds[feed_name]
    translation = Translation(feeds()[feed_name], mapped)
    first = next(read(feed_name, mapped.source, connect, wanted=wanted_of(feeds()[feed_name], mapped)), None)
    natives = first.table.column_names if first else []
    return {
        "source": mapped.source.shown,
        "columns": len(mapped.columns),
        "missing_columns": translation.missing(natives),
        "unknown_columns": [show_column(name) for name in natives if name not in translation.natives()],
    }
