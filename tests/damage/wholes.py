"""Damages of a whole source: columns, headers, order, sheets, bytes; each is a night of its own on a few children."""

from collections.abc import Iterator, Sequence

from cmfc.feeds.catalog import Feed
from tests.damage.agency import Row
from tests.damage.columns import columns_of, orders_of
from tests.damage.containers import books_of, databases_of, parquets_of
from tests.damage.texts import DELIMITER, delimited_of, fixed_of
from tests.damage.whole import Whole


def wholes_of(feed: Feed, rows: Sequence[Row], kind: str) -> Iterator[Whole]:
    """Every damage of this feed's columns, header, order and container in this kind of source."""
    yield from columns_of(feed, rows, kind)
    yield from orders_of(feed, rows, kind)
    if kind in DELIMITER:
        yield from delimited_of(feed, rows, kind)
    if kind == "fixed_width":
        yield from fixed_of(feed, rows)
    if kind == "xlsx":
        yield from books_of(feed, rows)
    if kind == "parquet":
        yield from parquets_of(feed, rows)
    if kind == "sql":
        yield from databases_of(feed, rows)
