"""Writes the data dictionary, docs/reference/records.md, from catalog.yml (spec 1)."""

from cmfc.feeds.catalog import Column, Feed, feeds

_ROLES = {
    "agency": "mandatory; when its contract is broken the night stops and the last list stays",
    "report": "mandatory; when its contract is broken the verdicts that need it are `not_checked`",
    "optional": "optional; when its contract is broken nothing is derived from it",
}
_HEAD = """# Records

Generated from `plugins/cmfc/feeds/catalog.yml` by `cmfc reference --write`; do not edit.

- **Needs**: `row` = without it the row is set aside; `value` = must be there, its absence is
  listed; `column` = once mapped, the feed cannot be used when the column does not come or most of it cannot be read;
  empty = may be empty. A column that does not come and is none of these is DQ-04: what rests on its silence is not
  judged that night.
- **Type**: `moment` is a date or a time, kept as an interval in UTC (`<name>_earliest`, `<name>_latest`); `list` is
  joined by semicolons; `code` takes only the values listed, in any case; `number` is an official number, empty without
  a digit; `agency` is the name of an agency.
- **Sensitivity**: `internal`, `pseudonymous` (ids), `sensitive`, `identifying` (leaves the agency only on worklists).
"""


def dictionary() -> str:
    """The data dictionary as Markdown: one section per feed, one row per column."""
    return _HEAD + "".join(_section(feed) for feed in feeds().values())


def _section(feed: Feed) -> str:
    rows = "".join(_row(feed, column) for column in feed.columns.values())
    head = f"\n## {feed.name}\n\n{feed.meaning} ({_ROLES[feed.role]})\n\n"
    return head + "| Column | Type | Needs | Sensitivity | Meaning |\n|---|---|---|---|---|\n" + rows


def _row(feed: Feed, column: Column) -> str:
    needs = "row" if column.row_stops else "value" if column.required else "column" if column.breaks else ""
    codes = " One of " + ", ".join(f"`{code}`" for code in column.codes) + "." if column.codes else ""
    name = f"**`{column.name}`**" if column.name == feed.key else f"`{column.name}`"
    return f"| {name} | {column.type} | {needs} | {column.sensitivity} | {column.meaning}{codes} |\n"
