"""What the catalogue says of columns (feeds/columns)."""

from cmfc.feeds.catalog import feeds


def test_a_feed_cannot_be_used_without_what_is_required_or_breaks_it() -> None:
    columns = [column for feed in feeds().values() for column in feed.columns.values()]
    assert all(column.breaks_contract for column in columns if column.required or column.breaks)
    assert {column.breaks for column in columns if column.required} >= {False}
    assert not any(column.breaks_contract for column in columns if not column.required and not column.breaks)
