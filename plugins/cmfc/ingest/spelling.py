"""Native names of the mapping that a source has, but for case and outer space: the commonest slip of a new mapping."""

from collections.abc import Iterable, Sequence

from cmfc.ingest.headers import delimiter_sentence
from cmfc.ingest.mapping import FeedMapping
from cmfc.ingest.sources import CsvSource, TsvSource


def spelled_otherwise(mapped: FeedMapping, natives: Iterable[str]) -> dict[str, str]:
    """Columns that the mapping names and the source spells otherwise: the mapping's name to the source's.

    Only where exactly one column is meant, and none of the very name is there. Both are safe to show: the mapping is no
    record, and the source's name is the same word.
    """
    natives = list(natives)
    alike: dict[str, list[str]] = {}
    for name in natives:
        alike.setdefault(_plain(name), []).append(name)
    absent = sorted(mapped.natives() - set(natives))
    return {name: alike[_plain(name)][0] for name in absent if len(alike.get(_plain(name), ())) == 1}


def why_no_column(mapped: FeedMapping, natives: Sequence[str]) -> str:
    """Why a source may have none of the mapped columns; a header that is really a record is not quoted."""
    if sentence := spelling_sentence(spelled_otherwise(mapped, natives)):
        return sentence
    if isinstance(mapped.source, CsvSource | TsvSource):
        sign = mapped.source.delimiter
        if sentence := delimiter_sentence(sign.join(natives), mapped.natives(), sign):
            return sentence
    return "is the header there?"


def spelling_sentence(spelled: dict[str, str]) -> str:
    """`differs only in case: CHILD_ID -> child_id`, as messages say it; empty when nothing does."""
    pairs = ", ".join(f"{name} -> {native}" for name, native in spelled.items())
    return f"differs only in case: {pairs}" if pairs else ""


def _plain(name: str) -> str:
    return name.strip().casefold()
