"""No name, birth date or report number leaves the door but in the accepted records (spec 6, Privacy)."""

import logging
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cmfc.errors import InputError
from cmfc.feeds.catalog import Feed, feeds
from cmfc.validation import gx
from tests.support import small_agency as door

SPOILED: list[tuple[str, Any]] = [
    ("cut off", door.cut_off),
    ("encoding", door.other_encoding),
    ("no header", door.no_header),
    ("quote", door.open_quote),
    ("good", lambda _: None),
    ("shifted", lambda path: path.write_text(path.read_text().replace(",", "|,", 3))),
]


@pytest.mark.parametrize("feed", [*feeds().values()], ids=lambda feed: feed.name)
@pytest.mark.parametrize("spoil", [spoil for _, spoil in SPOILED], ids=[name for name, _ in SPOILED])
def test_nothing_but_the_records_names_anybody(
    tmp_path: Path,
    feed: Feed,
    spoil: Any,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Names, birth dates and report numbers in every column, also where a code or a time should be."""
    caplog.set_level(logging.DEBUG)
    planted = [door.LAST, door.FIRST, door.BORN, door.NUMBER]
    rows = door.good_rows(feed)
    for number, column in enumerate(c for c in feed.columns.values() if c.name not in (feed.key, "child_id")):
        rows = door.change(rows, number, **{column.name: planted[number % 4]})
    spoil(door.deliver(tmp_path, feed, rows))
    outputs: list[str] = []
    results_of = gx._results

    def noted(*arguments: Any) -> Any:
        results = results_of(*arguments)
        outputs.extend(str(result) for _, result in results)
        return results

    monkeypatch.setattr(gx, "_results", noted)
    try:
        door.take_in(tmp_path, feed.name)
    except InputError as error:
        outputs.append(f"{error} {error.message} {error.detail}")
    outputs += [path.read_text() for path in tmp_path.rglob("*.json")]
    outputs += [str(pq.read_table(path).to_pylist()) for path in tmp_path.rglob("quarantine.*.parquet")]
    outputs += [caplog.text, *capfd.readouterr()]
    assert spoil is not SPOILED[4][1] or any("unexpected_index_list" in text for text in outputs)
    leaks = [word for word in planted for text in outputs if word in text]
    assert leaks == []
