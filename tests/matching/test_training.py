"""A model is estimated without anybody's labels, the same from the same rows, and holds no name."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cmfc.errors import CmfcError
from cmfc.matching import training
from cmfc.matching.calibration import calibrate
from cmfc.matching.comparisons import COMPARISONS
from cmfc.matching.model import Model, load_model, model_bytes
from cmfc_demo import shipped_model
from cmfc_demo.synthetic.strays import draw_strays
from tests.support.small_world import AS_OF, child, others, report, write


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checked")
    for name, table in draw_strays(3000, 8, AS_OF, "typical", keep_ids=0.5).feeds.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return folder


@pytest.fixture(scope="module")
def model(checked: Path) -> Model:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "RANDOM_PAIRS", 3e5)
        return training.train(checked, AS_OF, "hill", threads=1)


def test_agreement_weighs_for_and_contradiction_against(model: Model) -> None:
    for comparison in COMPARISONS:
        weights = model.weights[comparison.name]
        assert weights["same"].m > weights["same"].u, comparison.name
        assert weights["other"].m < weights["other"].u, comparison.name
        assert sum(w.m for w in weights.values()) == pytest.approx(1, abs=1e-6)


def test_the_same_rows_give_the_same_model_on_any_number_of_threads(
    model: Model, checked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "RANDOM_PAIRS", 3e5)
    assert model_bytes(training.train(checked, AS_OF, "hill", threads=2)) == model_bytes(model)


def test_a_model_holds_no_name(model: Model, checked: Path) -> None:
    text = model_bytes(model).decode().lower()
    children = pq.read_table(checked / "children.parquet")
    names = {n.lower() for c in ("first_name", "last_name") for n in children[c].to_pylist() if n and len(n) > 5}
    assert len(names) > 500
    assert {name for name in names if name in text} <= {"likeness", "same", "random"}


def test_reports_with_ids_say_whether_the_probabilities_are_true(checked: Path) -> None:
    table = calibrate(checked, AS_OF, load_model("default"))
    assert table[-1].pairs > 200 and table[-1].share_right > 0.99
    assert table[0].share_right < 0.05
    assert sum(row.pairs for row in table) > 300


def test_of_three_who_are_all_as_like_a_report_one_is_right(tmp_path: Path) -> None:
    alike = [child(number, "Ottoline", "Orme", "2012-03-07") for number in (1, 2, 3)]
    folder = write(tmp_path, [*alike, *others()], [report(1, "Ottoline", "Orme", "2012-03-07", child_id="C2")])
    (row,) = [row for row in calibrate(folder, AS_OF, load_model("default")) if row.share_right]
    assert (row.pairs, row.share_right) == (3, 0.333333)


def test_a_handful_of_records_is_too_few(tmp_path: Path) -> None:
    folder = write(
        tmp_path, [child(1, "Ottoline", "Orme", "2012-03-07")], [report(1, "Ottoline", "Orme", "2012-03-07")]
    )
    with pytest.raises(CmfcError, match="CMFC-E03"):
        training.train(folder, AS_OF, "hill")


@pytest.mark.soak("matching")
def test_the_shipped_model_can_be_made_again() -> None:
    assert shipped_model.train_default() == shipped_model.TARGET.read_bytes()
