"""Every table of an extract says what is true of the planted year."""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.audited import REQUEST, Audited
from tests.support.planted_year import NIGHT, Truth

EPOCH = date(1970, 1, 1)
FIRST, LAST = (REQUEST.first - EPOCH).days, (REQUEST.last - EPOCH).days
AS_OF_DAY = (date.fromisoformat(NIGHT) - EPOCH).days + 1
FOUND = ("returned", "located")
BANDS = (
    (1, "000-001"),
    (7, "002-007"),
    (30, "008-030"),
    (90, "031-090"),
    (180, "091-180"),
    (365, "181-365"),
    (9999, "366+"),
)
AGES = ((5, "00-05"), (12, "06-12"), (15, "13-15"), (17, "16-17"), (20, "18-20"), (99, "21+"))


def band(bands: tuple[tuple[int, str], ...], number: int) -> str:
    return next(name for most, name in bands if number <= most)


def length(truth: Truth) -> int:
    return (AS_OF_DAY if truth.ended_day is None else truth.ended_day) - truth.began_day


def statute(audited: Audited) -> list[Truth]:
    met = [t for t in audited.planted.truths if t.began_day <= LAST and (t.ended_day is None or t.ended_day >= FIRST)]
    assert len(met) > 150 and len(met) < len(audited.planted.truths)
    return met


def populations(audited: Audited) -> Iterator[tuple[str, Truth]]:
    for truth in statute(audited):
        yield "statute", truth
        if length(truth) >= 2:
            yield "audit", truth


def read(package: Path, name: str) -> list[dict[str, str]]:
    with (package / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def counts_of(package: Path, name: str, keys: int, number: str = "episodes") -> Counter[tuple[str, ...]]:
    """The last number column by the first `keys` columns."""
    return Counter(
        {tuple(list(row.values())[:keys]): int(row[number]) for row in read(package, name) if int(row[number])}
    )


def month(day: int) -> str:
    return (EPOCH + timedelta(days=day)).isoformat()[:7]


def rule(recipient: str, view: str, is_adult: bool) -> str:
    """The value of a law file that judged; of those who are 18 and older federal law asks the first report alone."""
    if is_adult:
        is_asked = recipient == "law_enforcement" and view != "state"
        return "us/federal/report_to_le_under_21@2016-09-29" if is_asked else "no rule"
    return {
        ("law_enforcement", True): "us/tx/report_to_le@2011-09-01",
        ("law_enforcement", False): "us/federal/report_to_le@2016-09-29",
        ("ncmec", True): "us/tx/report_to_ncmec@2020-05-31",
        ("ncmec", False): "us/federal/report_to_ncmec@2016-09-29",
    }[recipient, view == "state"]


def test_every_count_of_timeliness_is_true(audited: Audited) -> None:
    expected: Counter[tuple[str, ...]] = Counter()
    for population, t in populations(audited):
        duty = {
            "law_enforcement": "required",
            "ncmec": "not_required" if t.ncmec["statute"] == "no_duty" else "required",
        }
        for recipient, views in (("law_enforcement", t.le), ("ncmec", t.ncmec)):
            for view, outcome in views.items():
                for dimension, value in (
                    ("all", "all"), ("county", t.county), ("age_band", band(AGES, t.age)), ("custody", t.custody),
                    ("reason", t.reason), ("length_band", band(BANDS, length(t))), ("duty", duty[recipient]),
                    ("month", month(t.began_day)), ("rule", rule(recipient, view, duty["ncmec"] == "not_required")),
                ):  # fmt: skip
                    expected[population, recipient, view, dimension, value, outcome] += 1
                    expected[population, recipient, view, dimension, value, "episodes"] += 1
    counts: Counter[tuple[str, ...]] = Counter()
    for row in read(audited.package, "timeliness"):
        *key, _ = list(row.values())[:6]
        counts.update({(*key, name): int(row[name]) for name in list(row)[5:] if int(row[name])})
    assert counts == expected
    assert {key[5] for key in expected} == {
        "episodes", "never", "late", "on_time", "undetermined", "ended_first", "no_duty",
    }  # fmt: skip


def test_the_two_views_differ_where_they_must(audited: Audited) -> None:
    """A report on the noon of the next day is late by the statute and on time by the calendar."""
    rows = counts_of(audited.package, "timeliness", 5, "late")
    key = ("audit", "law_enforcement")
    assert rows[(*key, "statute", "all", "all")] > rows[(*key, "calendar_days", "all", "all")] > 0


def test_reasons_for_undetermined_are_true(audited: Audited) -> None:
    expected = Counter((p, "law_enforcement", t.because) for p, t in populations(audited) if t.because)
    counts = counts_of(audited.package, "undetermined", 4)
    by_statute = {(*key[:2], key[3]): n for key, n in counts.items() if key[1:3] == ("law_enforcement", "statute")}
    assert by_statute == dict(expected)
    assert sum(n for key, n in counts.items() if key[1:3] == ("law_enforcement", "state")) > 0


def test_ncic_and_notices_are_true(audited: Audited) -> None:
    ncic: Counter[tuple[str, ...]] = Counter()
    notices: Counter[tuple[str, ...]] = Counter()
    for population, t in populations(audited):
        for dimension, value in (("all", "all"), ("county", t.county), ("month", month(t.began_day))):
            ncic[population, dimension, value, t.ncic] += 1
            for recipient, verdict, duty in (
                ("law_enforcement", t.le_notice, "tell_le_located"),
                ("ncmec", t.ncmec_notice, "tell_ncmec_located"),
            ):
                notices[population, recipient, dimension, value, _notice_rule(t, duty, verdict), verdict] += 1
    assert counts_of(audited.package, "ncic", 4) == ncic
    assert counts_of(audited.package, "notices", 6) == notices


def _notice_rule(truth: Truth, duty: str, verdict: str) -> str:
    """Never told breaks the nation's rule; hours are the state's, which tells law enforcement alone, else advice."""
    if verdict == "not_required":
        return ""
    is_state = duty == "tell_le_located" and truth.custody == "state_care"
    if verdict == "missing" and not (duty == "tell_ncmec_located" and truth.ncmec["statute"] == "no_duty"):
        return f"us/federal/{duty}"
    return f"us/tx/{duty}" if is_state else f"advice/{duty}"


def test_the_time_to_report_is_true(audited: Audited) -> None:
    expected: Counter[tuple[str, ...]] = Counter()
    for population, t in populations(audited):
        expected[population, "law_enforcement", "none" if t.le["calendar_days"] == "never" else "reported"] += 1
        expected[population, "law_enforcement", "d02"] += t.le["calendar_days"] == "late"
    counts = counts_of(audited.package, "time_to_report", 3)
    for population in ("statute", "audit"):
        key = (population, "law_enforcement")
        assert counts[(*key, "none")] == expected[(*key, "none")]
        assert counts[(*key, "d02")] == expected[(*key, "d02")]
        assert sum(n for k, n in counts.items() if k[:2] == key and k[2] != "none") == expected[(*key, "reported")]


@pytest.mark.parametrize("county", [None, "Agave", "Ephedra"])
def test_stock_and_flow_is_true_and_balances(audited: Audited, county: str | None) -> None:
    truths = [t for t in statute(audited) if county in (None, t.county)]
    dimension, value = ("all", "all") if county is None else ("county", county)
    rows = {row["counted"]: row for row in read(audited.package, "stock_and_flow") if row["value"] == value}
    closed = [t for t in truths if t.ended_day is not None and t.ended_day <= LAST]
    assert _flow(rows["episodes"]) == {
        "open_at_start": sum(t.began_day < FIRST for t in truths),
        "new": sum(t.began_day >= FIRST for t in truths),
        "returned": sum(t.outcome in FOUND for t in closed),
        "otherwise_closed": sum(t.outcome not in FOUND for t in closed),
        "open_at_end": len(truths) - len(closed),
        "had_new": sum(t.began_day >= FIRST for t in truths),
        "had_return": sum(t.outcome in FOUND for t in closed),
        "run_days": sum(min(LAST + 1, t.ended_day or LAST + 1) - max(FIRST, t.began_day) for t in truths),
    }
    at_start = {t.child for t in truths if t.began_day < FIRST}
    at_end = {t.child for t in truths if t not in closed}
    last = {t.child: t for t in sorted(truths, key=lambda t: t.began_day)}
    left = at_start - at_end
    children = _flow(rows["children"])
    assert children["open_at_start"] == len(at_start) and children["open_at_end"] == len(at_end)
    assert children["new"] == len(at_end - at_start)
    assert children["returned"] == sum(last[child].outcome in FOUND for child in left)
    assert children["otherwise_closed"] == sum(last[child].outcome not in FOUND for child in left)
    for flow in (children, _flow(rows["episodes"])):
        assert flow["open_at_start"] + flow["new"] - flow["returned"] - flow["otherwise_closed"] == flow["open_at_end"]
    in_care = [c for c in audited.planted.feeds["children"] if county in (None, c["county"])]
    assert int(rows["episodes"]["care_days"]) == 365 * len(in_care)
    assert (dimension, value) == (rows["episodes"]["dimension"], rows["episodes"]["value"])


def _flow(row: dict[str, str]) -> dict[str, int]:
    return {
        name: int(number) for name, number in row.items() if name not in ("counted", "dimension", "value", "care_days")
    }


@pytest.mark.parametrize("year", [2025, 2026])
def test_the_yearly_table_is_true_and_closes_as_texas_does(audited: Audited, year: int) -> None:
    first = max(FIRST, (date(year - 1, 9, 1) - EPOCH).days)
    last = min(LAST, (date(year, 8, 31) - EPOCH).days)
    met = [t for t in statute(audited) if t.began_day <= last and (t.ended_day is None or t.ended_day >= first)]
    latest = {t.child: t for t in sorted(met, key=lambda t: t.began_day)}
    rows = {row["counted"]: row for row in read(audited.package, "yearly") if row["year"] == str(year)}
    for counted, those in (("episodes", met), ("children", list(latest.values()))):
        ended = [t for t in those if t.ended_day is not None and t.ended_day <= last]
        row = rows[counted]
        expected = {
            "missing": len(those),
            "located": sum(t.outcome in FOUND for t in ended),
            "still_missing": len(those) - len(ended),
            "left_care": sum(t.outcome in ("exited_care", "aged_out") for t in ended),
            "not_recorded": sum(t.outcome == "not_recorded" for t in ended),
        }
        assert {name: int(row[name]) for name in expected} == expected
        assert expected["missing"] == sum(n for name, n in expected.items() if name != "missing")
        assert row["is_whole"] == "false"
        assert int(row["children_in_care"]) == len(audited.planted.feeds["children"])


def test_every_row_is_accounted_for_down_to_the_population(audited: Audited) -> None:
    rows: list[dict[str, Any]] = read(audited.package, "population")
    numbers = {(row["effect"], row["feed"], row["item"]): int(row["number"]) for row in rows}
    truths, excluded = audited.planted.truths, audited.planted.excluded
    assert numbers["in", "absences", "pulled"] == len(audited.planted.feeds["absences"])
    assert numbers["out", "absences", "voided"] == excluded["voided"]
    for feed, item in (("absences", "planned"), ("absences", "away_known"), ("absences", "recorded_in_error"),
                       ("absences", "whereabouts_known"), ("placements", "unapproved_known")):  # fmt: skip
        assert numbers["out", feed, item] == excluded[item]
    evidence = numbers["left", "absences", "evidence"] + numbers["left", "placements", "evidence"]
    assert evidence == sum(t.rows for t in truths) + excluded["whereabouts_known"]
    assert numbers["left", "", "episodes"] == len(truths)
    assert numbers["left", "", "statute_population"] == len(statute(audited))
    assert numbers["left", "", "audit_population"] == sum(length(t) >= 2 for t in statute(audited))
    assert numbers["out", "", "ended_before_the_period"] == sum(
        t.ended_day is not None and t.ended_day < FIRST for t in truths
    )
    assert numbers["out", "", "began_after_the_period"] == sum(t.began_day > LAST for t in truths)
    listed = Counter(row["item"] for row in read(audited.package, "exclusions"))
    assert listed["whereabouts_known"] == excluded["whereabouts_known"]
    assert listed["shorter_than_two_calendar_days"] == sum(length(t) < 2 for t in statute(audited))
