"""A score rests on its two rows, the model and the size class of the file, and on nothing else (spec 4.1.2)."""

import random
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cmfc.errors import CmfcError
from cmfc.matching.match import match
from cmfc.matching.model import Model, load_model, model_bytes, read_model
from cmfc.matching.scoring import size_class
from cmfc_demo.synthetic.strays import draw_strays
from tests.support.small_world import AS_OF, choices, summary

FILES = ("matches.parquet", "scored.parquet", "rows.parquet")


def written(folder: Path, feeds: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in feeds.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return folder


@pytest.fixture(scope="module")
def feeds() -> dict[str, Any]:
    return draw_strays(1500, 5, AS_OF, "heavy", most_reports=300).feeds


@pytest.fixture(scope="module")
def first(feeds: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("first")
    match(written(base / "checked", feeds), base / "out", AS_OF, load_model("default"))
    return base / "out"


def same(a: Path, b: Path, files: tuple[str, ...] = FILES) -> bool:
    return all((a / file).read_bytes() == (b / file).read_bytes() for file in files)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_neither_the_order_of_rows_nor_the_number_of_threads_matters(
    feeds: dict[str, Any], first: Path, tmp_path: Path, threads: int
) -> None:
    mixed = {}
    for name, table in feeds.items():
        order = list(range(len(table)))
        random.Random(threads).shuffle(order)
        mixed[name] = table.take(order)
    match(written(tmp_path / "in", mixed), tmp_path / "out", AS_OF, load_model("default"), threads=threads)
    assert same(first, tmp_path / "out")


def test_a_child_who_shares_nothing_changes_no_score(feeds: dict[str, Any], first: Path, tmp_path: Path) -> None:
    children = feeds["children"]
    row = dict.fromkeys(children.schema.names) | {"child_id": "new", "first_name": "Xq", "last_name": "Zzyzx"}
    more = pa.concat_tables([children, pa.Table.from_pylist([row], schema=children.schema)])
    match(written(tmp_path / "in", feeds | {"children": more}), tmp_path / "out", AS_OF, load_model("default"))
    assert same(first, tmp_path / "out", ("matches.parquet", "scored.parquet"))


def test_what_is_taken_over_from_the_night_before_gives_what_scoring_everything_gives(
    feeds: dict[str, Any], first: Path, tmp_path: Path
) -> None:
    model, log, children = load_model("default"), feeds["le_reports"], feeds["children"]
    earlier = feeds | {"le_reports": log.slice(0, len(log) - 20), "children": _renamed(children, 30)}
    match(written(tmp_path / "before", earlier), tmp_path / "one", AS_OF - 7 * 86_400, model)
    match(written(tmp_path / "now", feeds), tmp_path / "two", AS_OF, model, previous=tmp_path / "one")
    assert same(first, tmp_path / "two")
    outcome, whole = summary(tmp_path / "two"), summary(first)
    assert 0 < outcome.scored < whole.scored / 2 and outcome.kept > 0


def test_nothing_changed_nothing_is_scored(feeds: dict[str, Any], first: Path, tmp_path: Path) -> None:
    match(written(tmp_path / "in", feeds), tmp_path / "out", AS_OF, load_model("default"), previous=first)
    assert same(first, tmp_path / "out") and summary(tmp_path / "out").scored == 0


def test_another_model_takes_nothing_over(feeds: dict[str, Any], first: Path, tmp_path: Path) -> None:
    shipped = load_model("default")
    other = Model("other", 0.5, shipped.weights, {}, shipped.shape)
    match(written(tmp_path / "in", feeds), tmp_path / "out", AS_OF, other, previous=first)
    outcome = summary(tmp_path / "out")
    assert (outcome.kept, outcome.scored) == (0, summary(first).scored)
    assert outcome.model_digest == other.digest != shipped.digest


def test_each_report_has_one_child_or_at_most_three_candidates(first: Path) -> None:
    for rows in choices(first).values():
        methods = {row["method"] for row in rows}
        assert len(methods) == 1
        assert len(rows) <= (3 if methods == {"candidate"} else 1)
        assert [row["place"] for row in rows] in ([None], [1], [1, 2], [1, 2, 3])


def test_a_model_is_read_as_it_was_written_and_refused_when_changed() -> None:
    model = load_model("default")
    text = model_bytes(model)
    assert read_model(text) == model and model_bytes(read_model(text)) == text
    for spoilt in (text.replace(b'"reports_on_file": 0.95', b'"reports_on_file": 0.94'), b"{}", b"[1]", b"not json",
                   text.replace(model.shape.encode(), b"0" * 16)):  # fmt: skip
        with pytest.raises(CmfcError, match="CMFC-E02"):
            read_model(spoilt)


def test_the_shipped_models_file_is_what_would_be_written_again() -> None:
    shipped = files("cmfc.matching").joinpath("models", "default.json").read_bytes()
    assert model_bytes(read_model(shipped)) == shipped


@pytest.mark.parametrize(
    ("children", "power"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (1024, 10), (1025, 11)]
)
def test_a_file_is_of_the_size_class_that_holds_it(children: int, power: int) -> None:
    assert size_class(children) == power


@pytest.mark.parametrize("name", ["missing", "../default", ""])
def test_a_model_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(CmfcError, match="CMFC-E01"):
        load_model(name, tmp_path)


def _renamed(children: Any, count: int) -> Any:
    """The file as it was before `count` names were corrected."""
    names = children["first_name"].to_pylist()
    names[:count] = ["Wrong"] * count
    at = children.schema.get_field_index("first_name")
    return children.set_column(at, "first_name", pa.array(names, pa.string()))
