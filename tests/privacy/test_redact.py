"""Which codes and headers may be shown where only ids may stand (docs/readings.md, Subjects and rules)."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cmfc.privacy.ids import are_ids, short_hash
from cmfc.privacy.redact import show_codes, show_columns

READABLE = [
    "AWOL", "runaway", "K12", "RUN-2", "absent_since2", "OTH", "45", "2024", "AFCARS2020", "foster.home", "tier_1",
    "march", "mayor2", "juniper4", "Level3b", "24h", "FH_1_a", "placementType",
]  # fmt: skip
NAMES = [
    "home_of_Cutler", "Abara_notes", "cutler", "CUTLER2", "x.abara", "homeOfCutler", "notesDeShawn", "deshawn-home",
    "Jose_home", "Garcia", "tia_brien", "Cuttler", "Abarra", "Garzia", "home_Deshwn", "Brien2", "kutler_notes",
]  # fmt: skip
NUMBERS = [
    "3-Apr-2011", "3-Apr-11", "Apr-11", "3rd_April", "2011-04-03", "2011_04_03", "4_3_11", "4.3.11", "20110403",
    "04-11", "AP-26-100", "AP-26-7", "10023", "555-1234", "A1B2C3", "dob2011jan3",
]  # fmt: skip
CHILDREN = {
    "child_id": ["C1", "C2", "C3", "C4"],
    "last_name": ["Abara", "Cutler", "García", "O'Brien"],
    "first_name": ["Tomas", "Noor", "José", "DeShawn"],
    "middle_name": ["A", "K", None, "T."],
    "aliases": [None, "Nunu; Bear", None, None],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pulled").mkdir()
    pq.write_table(pa.table(CHILDREN), tmp_path / "pulled" / "children.parquet")
    return tmp_path


@pytest.mark.parametrize("token", READABLE)
def test_ordinary_codes_and_headers_are_shown(folder: Path, token: str) -> None:
    assert show_codes([token], folder) == {token: token}
    assert show_columns([f"C_{token}"], folder) == (f"C_{token}",)


@pytest.mark.parametrize("token", [*NAMES, *NUMBERS, "04/03/2011", "two words Noor", "héader", "head\ner"])
def test_names_dates_and_numbers_are_hidden(folder: Path, token: str) -> None:
    assert show_codes([token], folder) == {token: "#" + short_hash(token)}
    header = f"C_{token}"
    assert show_columns([header], folder) == ("#" + short_hash(header),)


def test_without_names_on_file_every_code_is_hidden(tmp_path: Path) -> None:
    assert show_codes(["AWOL"], tmp_path) == {"AWOL": "#" + short_hash("AWOL")}


def test_ids_keep_their_own_rule(folder: Path) -> None:
    ids = pa.array(["home_of_Cutler", "Cutler", "Noor.Cutler", "Garcia", "AP-26-100"])
    assert are_ids(ids, folder / "pulled", None).to_pylist() == [True, False, False, True, True]
