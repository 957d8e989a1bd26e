"""Who is covered: the table of spec 2.3 row by row, and whom a state's words cover."""

from pathlib import Path

import pytest

from cmfc.law.library import AGE_BANDS, CUSTODIES, band_of, jurisdictions, load_law
from cmfc.law.terms import bands_of
from tests.law.law_folder import CITED, WORDS, law_folder

ZONE = "America/Chicago"
CHILD, ALL_BUT_21 = ("under_18", "unknown"), ("under_18", "unknown", "18_to_20")
TABLE = [  # custody, ages, to law enforcement, to NCMEC: spec 2.3, in its order, the first match wins
    (("in_home", "other_state"), ("21_and_over",), "not_required", "not_required"),
    (CUSTODIES, ("21_and_over",), "review", "review"),
    (("voluntary_extended_care",), ("unknown",), "required", "review"),
    (("state_care", "court_guardianship", "voluntary_extended_care"), CHILD, "required", "required"),
    (("state_care",), ("18_to_20",), "required", "review"),
    (("court_guardianship",), ("18_to_20",), "required", "required"),
    (("voluntary_extended_care",), ("18_to_20",), "required", "not_required"),
    (("in_home",), CHILD, "third_party", "third_party"),
    (("in_home",), ("18_to_20",), "review", "review"),
    (("tribal",), ALL_BUT_21, "review", "review"),
    (("other_state",), ALL_BUT_21, "not_required", "not_required"),
    (("none",), CHILD, "required", "required"),
    (("none",), ("18_to_20",), "review", "review"),
]


@pytest.mark.parametrize("custody", CUSTODIES)
@pytest.mark.parametrize("band", AGE_BANDS)
def test_the_federal_duties_are_those_of_the_table(custody: str, band: str) -> None:
    to_le, to_ncmec = next(row[2:] for row in TABLE if custody in row[0] and band in row[1])
    duties = [d for d in load_law("us/federal", ZONE).duties if (d.custody, d.age_band) == (custody, band)]
    assert {d.duty: d.obligation for d in duties} == {"report_to_le": to_le, "report_to_ncmec": to_ncmec}
    is_consenting_adult = (custody, band) == ("voluntary_extended_care", "18_to_20")
    own = "us/federal/report_to_le_under_21" if is_consenting_adult else "us/federal/report_to_le"
    assert {d.rule_id for d in duties} == {own, "us/federal/report_to_ncmec"}


@pytest.mark.parametrize("jurisdiction", jurisdictions())
def test_every_jurisdiction_says_something_of_every_custody_and_age_once(jurisdiction: str) -> None:
    duties = load_law(jurisdiction, ZONE).duties
    levels = 1 if jurisdiction == "us/federal" else 2
    assert len(duties) == levels * 7 * 4 * 2
    assert len({(d.level, d.duty, d.custody, d.age_band) for d in duties}) == len(duties)
    owed = ("required", "third_party", "review")
    assert all(bool(d.rule_id) == (d.obligation in owed) for d in duties if d.level == "state")


@pytest.mark.parametrize("state", ["us/mo", "us/tx"])
def test_a_state_has_no_duty_to_whom_its_words_do_not_cover(state: str) -> None:
    law = load_law(state, ZONE)
    federal = {(d.duty, d.custody, d.age_band): d.obligation for d in law.duties if d.level == "federal"}
    for duty in (d for d in law.duties if d.level == "state"):
        base = federal[duty.duty, duty.custody, duty.age_band]
        is_covered = duty.custody in ("state_care", "court_guardianship")
        assert duty.obligation == (base if is_covered or base == "not_required" else "no_duty")


def test_a_state_without_a_rule_on_a_duty_has_no_duty(tmp_path: Path) -> None:
    law = load_law("us/zz", ZONE, law_folder(tmp_path))
    to_le = [d for d in law.duties if d.level == "state" and d.duty == "report_to_le"]
    assert {d.obligation for d in to_le} == {"no_duty", "not_required"}
    assert {d.rule_id for d in to_le} == {None}


def test_a_state_may_ask_for_more_than_the_federal_table(tmp_path: Path) -> None:
    overlay = {
        "duty": "report_to_ncmec", "custody": ["voluntary_extended_care"], "ages": ["18_to_20"],
        "obligation": "required", "why": "Its words include extended care.", "citation": CITED,
    }  # fmt: skip
    law = load_law("us/zz", ZONE, law_folder(tmp_path, coverage={**WORDS, "overlay": [overlay]}))
    pair = ("voluntary_extended_care", "18_to_20")
    duties = {d.level: d for d in law.duties if d.duty == "report_to_ncmec" and (d.custody, d.age_band) == pair}
    assert (duties["federal"].obligation, duties["state"].obligation) == ("not_required", "required")
    assert duties["state"].rule_id == "us/zz/report_to_ncmec"
    plain = load_law("us/zz", ZONE, law_folder(tmp_path / "plain"))
    assert [d for d in law.duties if d not in plain.duties] == [duties["state"]]


@pytest.mark.parametrize(
    ("age", "band"),
    [(None, "unknown"), (0, "under_18"), (17, "under_18"), (18, "18_to_20"), (20, "18_to_20"), (21, "21_and_over"),
     (130, "21_and_over")],
)  # fmt: skip
def test_an_age_has_its_band(age: int | None, band: str) -> None:
    assert band_of(age) == band


@pytest.mark.parametrize(
    ("low", "high", "bands"),
    [(0, 17, ("under_18", "unknown")), (18, 20, ("18_to_20",)), (21, 120, ("21_and_over",)),
     (0, 120, tuple(AGE_BANDS)), (18, 120, ("18_to_20", "21_and_over")),
     (0, 18, None), (17, 20, None), (19, 20, None), (18, 19, None), (22, 120, None), (21, 119, None)],
)  # fmt: skip
def test_the_ages_of_a_scope_are_whole_bands(low: int, high: int, bands: tuple[str, ...] | None) -> None:
    assert bands_of(low, high) == bands
