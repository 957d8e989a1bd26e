"""The second dialect: what Spark calls the words and names that DuckDB has its own way of saying.

All other words (macros.py) and all steps, checks and tables are the same text on both engines.
"""

from collections.abc import Iterable

from cmfc.reconcile.macros import CODE_WORDS, SEPARATOR, WORDS
from cmfc.timing.zones import USUAL_YEARS, Zone, load_zone

NAMES = {"VARCHAR": "STRING", "EXCLUDE": "EXCEPT"}
"""Of types and keywords."""
ONCE = ("time_text", "on_text", "duration_text", "span_text", "said_whole")
"""Words whose arguments are named, as they stand in them many times (word_expansion.py)."""
SPACES = "".join(chr(code) for code in (0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000))
"""What DuckDB's trim takes off; Spark's takes off the first of them only."""

SPARK_WORDS = {
    "joined(item)": f"listagg(item, {SEPARATOR})",
    "listed(item, separator, first, second)": "listagg(item, separator) WITHIN GROUP (ORDER BY first, second)",
    "items_of(items)": f"array_sort(array_distinct(split(items, {SEPARATOR})))",
    "each_of(items)": f"explode(split(items, {SEPARATOR}))",
    "sorted_evidence(items)": "array_join(transform(items_of(items), one_item -> escaped(one_item)), ';')",
    "sentence_of(items)": "array_join(items_of(items), ', ')",
    "begins_with(item, start)": "startswith(item, start)",
    # letter by letter, as DuckDB does: neither a dot of its own above the i nor another sigma at the end of a word
    "plain_name(name)": f"nullif(lower(translate(trim(BOTH '{SPACES}' FROM name), 'İΣ', 'iσ')), '')",
    "digest20(item)": "substr(sha2(item, 256), 1, 20)",
    "days_since_1970(day)": "CAST(unix_date(day) AS BIGINT)",
    "clock_text(local)": "wall_text(local, 'd MMM yyyy HH:mm')",
    "day_text(local)": "wall_text(local, 'd MMM yyyy')",
    "wall_text(local, form)": "date_format(timestamp_seconds(local), form)",
}
"""By the signature that the word has in macros.py, or a word that only these use."""


def words_of(zone: str) -> dict[str, str]:
    """Every word in Spark's dialect, for an agency of this zone."""
    return {
        **CODE_WORDS,
        **WORDS,
        **SPARK_WORDS,
        "local_seconds(moment)": f"moment + {_offset_of(load_zone(zone))}",
        "local_day(moment)": "CAST(floor(local_seconds(moment) / 86400.0) AS BIGINT)",
    }


def _offset_of(zone: Zone) -> str:
    """The offset by the same table as DuckDB's: Java's own may be of another year. Few nodes, as it stands often."""
    if not len(zone.changes):
        return str(zone.offsets[0])
    first, last = USUAL_YEARS
    spans = zone.usual_spans()
    change, before, after = (
        f"element_at({_list_of(values)}, CAST(1 + (moment - {first}) DIV {spans.seconds} AS INT))"
        for values in (spans.changes, spans.before, spans.after)
    )
    usual = f"CASE WHEN moment < {change} THEN {before} ELSE {after} END"
    count = f"size(filter({_list_of(zone.changes)}, one_change -> one_change <= moment))"
    whole = f"element_at({_list_of(zone.offsets)}, 1 + {count})"
    return f"CASE WHEN moment BETWEEN {first} AND {last} THEN {usual} WHEN moment IS NOT NULL THEN {whole} END"


def _list_of(numbers: Iterable[int]) -> str:
    return f"CAST(split('{','.join(str(number) for number in numbers)}', ',') AS ARRAY<BIGINT>)"
