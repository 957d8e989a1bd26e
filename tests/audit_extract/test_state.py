"""Five counties of one state, children whom two know, children who moved while missing: each counts once."""

import csv
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cmfc.audit_extract.differencing import Shared
from cmfc.audit_extract.extract import Request, build
from cmfc.audit_extract.merge import StateRequest, merge
from cmfc.audit_extract.release import build_state, decide, list_beside, root_of
from cmfc.audit_extract.sharing import from_json, refuse_beside, to_json
from cmfc.audit_extract.source_night import known_on
from cmfc.audit_extract.state_children import Linkable, join_children
from cmfc.audit_extract.state_episodes import Line, group_episodes
from cmfc.audit_extract.verifier.state import joined_children
from cmfc.errors import UsageError
from cmfc.feeds.catalog import feeds
from cmfc.ledger.releases import Release, list_releases, list_shared, note_release
from cmfc.ledger.store import Ledger, opened
from cmfc.ledger.verify import verify
from cmfc.privacy.pseudonyms import Key, read_key
from tests.support import planted_year as planted
from tests.support.audited import KEY
from tests.support.planted_year import NIGHT

pytestmark = pytest.mark.long

COUNTIES = ("adams", "boone", "clark", "dixon", "emery")
TABLES = ("timeliness", "time_to_report", "undetermined", "ncic", "notices", "stock_and_flow", "yearly", "incidence",
          "monthly", "census", "after_return", "completeness", "federal_counts")  # fmt: skip
REQUEST = Request(date(2025, 1, 1), date(2025, 12, 31), NIGHT, seed=3, sample_size=40, year_begins=9, is_for_state=True)
Records = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class State:
    """The counties' extracts, the state's, that of one agency with all records, and who is known to two."""

    root: Path
    merged: Path
    summary: dict[str, Any]
    whole: Path
    shared: set[str]
    moved: dict[str, str]


def rows_of(package: Path, name: str) -> list[dict[str, str]]:
    with (package / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _extract(root: Path, agency: str, records: Records, key: Key = KEY, **changes: Any) -> Path:
    root = root / agency
    planted.write(root / "records", planted.Planted(records, [], {}))
    planted.night(root, root / "records", agency=agency)
    knowledge = known_on(root / "store", root / "lists", agency, NIGHT)
    build(knowledge, REQUEST, key, root / "package", "tests")
    return root / "package"


def _add_work(records: Records) -> None:
    """Interviews, screenings and what was learned after returns; conservatorship; what the reports hold."""
    for number, row in enumerate(records["custody"]):
        row["conservatorship"] = ("permanent", "temporary", None)[number % 3]
    for number, row in enumerate(
        row for row in records["absences"] if row.get("end_reason") in ("returned", "located")
    ):
        back = datetime.fromisoformat(row["ended_at"])
        hours = (3, 30, 100, 400)[number % 4]
        records["returns"].append(
            {"return_id": f"W{row['absence_id']}", "child_id": row["child_id"], "returned_at": row["ended_at"],
             "interviewed_at": (back + timedelta(hours=hours)).isoformat() if number % 5 else None,
             "screened_for_trafficking_at": (back + timedelta(hours=2 * hours)).isoformat() if number % 3 else None,
             "trafficked": ("true", "false", None)[number % 3]}
        )  # fmt: skip
    for number, row in enumerate(records["le_reports"]):
        row["report_number"] = f"77-{number}" if number % 3 else None
    for number, row in enumerate(records["ncmec_reports"]):
        row.update(has_photo=("true", "false", None)[number % 3], has_description="true" if number % 2 else None)


def _split(records: Records, child: str) -> tuple[Records, Records, str]:
    """A child whose last long episode is handed over in the middle: the first county writes that it left its care."""
    own: Records = {name: [dict(row) for row in rows if row.get("child_id") == child] for name, rows in records.items()}
    second: Records = {name: [dict(r) for r in rows] for name, rows in own.items()}
    absence = max(own["absences"], key=lambda row: row["absent_since"])
    began, ended = (datetime.fromisoformat(absence[n]) for n in ("absent_since", "ended_at"))
    middle = (began + timedelta(days=(ended - began).days // 2)).isoformat()
    absence.update(ended_at=middle, end_reason="exited_care")
    after = [row for row in second["absences"] if row["absence_id"] == absence["absence_id"]]
    after[0].update(absent_since=middle, agency_informed_at=middle, entered_at=middle)
    second["absences"] = after
    for placement in own["placements"]:
        if placement["setting"] == "runaway" and placement["placement_id"][1:] == absence["absence_id"][1:]:
            placement["ended_at"] = middle
    second["placements"] = [row for row in second["placements"] if row["setting"] != "runaway"]
    second["le_reports"], second["ncmec_reports"] = [], []
    last = f"W{absence['absence_id']}"
    own["returns"] = [row for row in own["returns"] if row["return_id"] != last]
    second["returns"] = [row for row in second["returns"] if row["return_id"] == last]
    return own, second, absence["absence_id"]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    root = tmp_path_factory.mktemp("state")
    records = planted.plant(children=120, seed=23).feeds
    for number, row in enumerate(records["children"]):
        row.update(
            first_name=f"Given{number}", last_name=f"Family{number}", state_id=f"ST{number}" if number % 2 else None,
            sex="FM"[number % 2], race=("White", "Black", None)[number % 3],
            ethnicity="Hispanic" if number % 2 else None,
        )  # fmt: skip
    _add_work(records)
    children = [row["child_id"] for row in records["children"]]
    parts: dict[str, Records] = {county: {name: [] for name in feeds()} for county in COUNTIES}
    shared: set[str] = set()
    moved: dict[str, str] = {}
    for number, child in enumerate(children):
        own: Records = {name: [r for r in rows if r.get("child_id") == child] for name, rows in records.items()}
        here, there = (COUNTIES[(number + step) % 5] for step in (0, 1 + number % 3))
        last = max(own["absences"], key=lambda row: row["absent_since"], default=None)
        is_long = last is not None and last.get("ended_at") and last.get("kind") == "missing" and _days(last) > 10
        halves = [(here, own)]
        if number % 4 == 0:  # both know everything; one of them alone has the reports
            shared.add(child)
            halves.append((there, own if number % 8 else {**own, "le_reports": [], "ncmec_reports": []}))
        elif number % 4 == 1 and is_long and not child.startswith("C9"):
            first, second, absence = _split(records, child)
            moved[child] = absence
            halves = [(here, first), (there, second)]
        for county, rows in halves:
            for name, some in rows.items():
                parts[county][name] += some
    packages = [_extract(root, county, parts[county]) for county in COUNTIES]
    whole = _extract(root, "whole", records)
    summary = merge(packages, root / "merged", "us-xx", StateRequest(5, 40))
    return State(root, root / "merged", summary, whole, shared, moved)


def _days(row: dict[str, Any]) -> int:
    return (datetime.fromisoformat(row["ended_at"]) - datetime.fromisoformat(row["absent_since"])).days


def _bare(rows: list[dict[str, str]]) -> Counter[tuple[tuple[str, str], ...]]:
    return Counter(tuple(sorted(row.items())) for row in rows if row.get("dimension") != "agency")


@pytest.mark.parametrize("table", TABLES)
def test_every_state_table_is_what_one_agency_with_all_records_says(state: State, table: str) -> None:
    ours, truth = _bare(rows_of(state.merged, table)), _bare(rows_of(state.whole, table))
    assert ours == truth, [*[*(ours - truth)][:4], "---", *[*(truth - ours)][:4]]


def test_the_counties_alone_count_more_and_the_state_says_why(state: State) -> None:
    agencies = rows_of(state.merged, "agencies")
    own, away, counted = (sum(int(r[n]) for r in agencies) for n in ("own_episodes", "joined_away", "counted_episodes"))
    assert own - away == counted == len(rows_of(state.whole, "episodes")) == len(rows_of(state.merged, "episodes"))
    assert len(state.shared) > 15 and len(state.moved) > 8 and away > 30
    joins = rows_of(state.merged, "joins")
    assert Counter(row["by"] for row in joins)["transfer"] == 2 * sum(1 for _ in state.moved) - _outside(state)
    children = {row["member"] for row in joins if row["joined"] == "child"}
    assert len(children) == 2 * state.summary["joined_children"] and {"state_id", "name_and_birth"} <= {
        r["by"] for r in joins
    }


def _outside(state: State) -> int:
    """Episodes that were handed over outside the period, twice each."""
    records = {row["absence_id"]: row for row in csv.DictReader((state.root / "whole/records/absences.csv").open())}
    rows = [records[absence] for absence in state.moved.values()]
    return 2 * sum(1 for row in rows if row["ended_at"] < "2025-01-01" or row["absent_since"] > "2025-12-31T24")


def test_the_same_verifier_holds_the_state(state: State) -> None:
    command = [sys.executable, "-I", "-S", str(state.merged / "verify.py"), str(state.merged)]
    done = subprocess.run(
        [*command, "--root", state.summary["manifest_sha256"]], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and not done.stderr and "WRONG" not in done.stdout, done.stdout


def test_a_line_that_no_agency_has_is_found(state: State, tmp_path: Path) -> None:
    package = Path(shutil.copytree(state.merged, tmp_path / "package"))
    lines = (package / "agency_lines.csv").read_bytes().splitlines(keepends=True)
    (package / "agency_lines.csv").write_bytes(b"".join(lines[:-1]))
    done = subprocess.run(
        [sys.executable, "-I", str(package / "verify.py"), str(package)], capture_output=True, text=True, check=False
    )
    assert "no agency has it" in done.stdout or "agencies.csv" in done.stdout


def test_no_package_shows_an_id_of_the_state_or_a_name(state: State) -> None:
    for package in (state.merged, state.root / "adams" / "package"):
        for path in package.rglob("*.csv"):
            text = path.read_text(encoding="utf-8")
            assert not any(word in text for word in ("ST1", "Given1", "Family1")), path.name


def test_another_key_another_period_or_a_plain_extract_is_refused(state: State, tmp_path: Path) -> None:
    adams, boone = (state.root / county for county in ("adams", "boone"))
    knowledge = known_on(boone / "store", boone / "lists", "boone", NIGHT)
    others = {
        "key_fingerprint": (REQUEST, read_key("another secret of the state, thirty-two bytes")),
        "period": (replace(REQUEST, last=date(2025, 11, 30)), KEY),
        "for-state": (replace(REQUEST, is_for_state=False), KEY),
    }
    for name, (request, key) in others.items():
        build(knowledge, request, key, tmp_path / name, "tests")
        with pytest.raises(UsageError, match=rf"CMFC-U16.*{name.replace('_', ' ')}"):
            merge([adams / "package", tmp_path / name], tmp_path / "out", "us-xx", StateRequest(1))
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def sharers(state: State) -> dict[bool, list[Path]]:
    """Extracts of a fiscal year of two agencies, one large enough to share: with tables to pass on, and without."""
    extracts: dict[bool, list[Path]] = {True: [], False: []}
    for is_shareable, packages in extracts.items():
        for county in ("adams", "whole"):
            knowledge = known_on(state.root / county / "store", state.root / county / "lists", county, NIGHT)
            packages.append(state.root / f"{county}-{is_shareable}")
            build(knowledge, replace(REQUEST, year_begins=1, is_shareable=is_shareable), KEY, packages[-1], "tests")
    return extracts


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(f"sqlite:///{tmp_path / 'ledger.sqlite'}") as ledger:
        yield ledger


def test_what_a_state_passes_on_stands_beside_no_table_of_its_agencies(
    sharers: dict[bool, list[Path]], tmp_path: Path
) -> None:
    """The state's less the agencies' would count the few whom two know; so either they pass tables on, or it does."""
    summary = merge(sharers[True], tmp_path / "state", "us-xx", StateRequest(1, 1))
    assert summary["sampled"] == 4  # two of every agency, though fewer were asked for
    assert "--no-shareable" in summary["shareable"] and not (tmp_path / "state/shareable/timeliness.csv").exists()


def test_a_state_is_built_and_released_like_an_agency(
    sharers: dict[bool, list[Path]], tmp_path: Path, ledger: Ledger
) -> None:
    """In the journal under the state's name: who joined it and of what, who released it, and what it passes on."""
    package, at = tmp_path / "audits" / "state", 1_800_000_000
    summary = build_state(sharers[False], package, "us-xx", StateRequest(1), ledger, "otto", at)
    assert summary["shareable"] == "FY2025" and (package / "shareable" / "timeliness.csv").is_file()
    with pytest.raises(UsageError, match="CMFC-U13"):
        decide(package, True, "as_asked", ledger, "otto", ("vera", "otto"), at + 1)
    released = decide(package, True, "as_asked", ledger, "vera", ("vera", "otto"), at + 2)
    again = build_state(sharers[False], package, "us-xx", StateRequest(1), ledger, "otto", at + 3)
    assert again["manifest_sha256"] == summary["manifest_sha256"] == root_of(released, ledger)
    steps = [step for step, _ in list_releases(ledger, "us-xx", "extract", "state")]
    assert [(s.decision, s.by) for s in steps] == [("built", "otto"), ("not_allowed", "otto"), ("released", "vera")]
    assert verify(ledger, "us-xx", [])[1] == []
    page = (released / "report.html").read_text(encoding="utf-8")
    assert "us-xx: 2 agencies" in page and 'id="h-agencies"' in page
    verifier = [
        sys.executable,
        "-I",
        "-S",
        str(released / "verify.py"),
        str(released),
        "--root",
        root_of(released, ledger),
    ]
    done = subprocess.run(verifier, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "ok     the approval is of this manifest.json" in done.stdout, done.stdout
    registered = [from_json(text) for text in list_shared(ledger, "us-xx")]
    assert [(one.period, one.agencies) for one in registered] == [("FY2025", ("adams", "whole"))]


def test_of_a_month_either_the_state_or_its_agencies_pass_tables_on(ledger: Ledger) -> None:
    def shared(first: date, last: date, *agencies: str) -> Shared:
        return Shared("name", first, last, (), (), agencies=agencies)

    year = shared(date(2025, 1, 1), date(2025, 12, 31), "adams", "whole")
    month, later = shared(date(2025, 3, 1), date(2025, 3, 31)), shared(date(2026, 1, 1), date(2026, 1, 31))
    for agency, one in (("us-xx", year), ("boone", month)):
        note_release(ledger, agency, Release("shared", "name", "0" * 64, "vera", 1, "released", "", shows=to_json(one)))
    for agency, one, is_refused in (
        ("adams", month, True), ("adams", later, False), ("boone", month, False),
        ("us-yy", shared(date(2025, 1, 1), date(2025, 12, 31), "boone"), True), ("us-yy", later, False),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=r"CMFC-U22.*2025-03") if is_refused else nullcontext():
            refuse_beside(one, list_beside(ledger, agency, one))


def test_a_state_is_not_called_like_one_of_its_agencies(sharers: dict[bool, list[Path]], tmp_path: Path) -> None:
    for name in ("adams", "us xx", ""):
        with pytest.raises(UsageError, match="CMFC-U11"):
            merge(sharers[False], tmp_path / "state", name, StateRequest(1))
    assert not (tmp_path / "state").exists()


def test_an_agency_that_does_not_hold_by_itself_is_refused(state: State, tmp_path: Path) -> None:
    bad = Path(shutil.copytree(state.root / "boone" / "package", tmp_path / "bad"))
    (bad / "yearly.csv").write_bytes((bad / "yearly.csv").read_bytes().replace(b",children,", b",children,9", 1))
    with pytest.raises(UsageError, match=r"CMFC-U17.*boone.*yearly\.csv, row 2"):
        merge([state.root / "adams" / "package", bad], tmp_path / "out", "us-xx", StateRequest(1))


def test_an_extract_whose_manifest_alone_was_edited_is_refused(state: State, tmp_path: Path) -> None:
    """Its own hash cannot show that: fingerprints.json has the same facts."""
    folders = {name: Path(shutil.copytree(state.root / "boone" / "package", tmp_path / name)) for name in ("a", "b")}
    manifest = json.loads((folders["a"] / "manifest.json").read_bytes())
    (folders["a"] / "manifest.json").write_text(json.dumps({**manifest, "agency": "other"}), encoding="utf-8")
    del manifest["pseudonyms"]
    (folders["b"] / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    for name, pattern in (("a", r"CMFC-U17.*agency is not what fingerprints\.json has"), ("b", "CMFC-U10")):
        with pytest.raises(UsageError, match=pattern):
            merge([state.root / "adams" / "package", folders[name]], tmp_path / "out", "us-xx", StateRequest(1))


def test_children_with_different_ids_of_the_state_are_never_joined_by_name() -> None:
    some = [
        Linkable("a", "C1", "S1", "N", "M"),
        Linkable("b", "C2", "S2", "N", "M"),
        Linkable("c", "C3", None, "N", "M"),
    ]
    named, joins = join_children(some, {("a", "C1")})
    assert named == {} and {(j.joined, j.by) for j in joins} == {("candidate", "state_ids_differ")}
    named, joins = join_children([some[0], some[2]], set())
    assert named == {("a", "C1"): "S1", ("c", "C3"): "S1"}
    named, joins = join_children([Linkable("a", "C1", None, "N1", "M"), Linkable("b", "C2", None, "N2", "M")],
                                 {("a", "C1"), ("b", "C2")})  # fmt: skip
    assert named == {} and {j.by for j in joins} == {"sound_and_birth"}


def test_two_children_whom_one_agency_missed_as_two_are_not_made_one_by_their_name() -> None:
    """Of a stand-in for a name, one missing child would hide the other; a second record without an episode may join."""
    some = [Linkable(agency, child, None, "N", "M") for agency, child in (("a", "C1"), ("a", "C2"), ("b", "C3"))]
    missed = {one.member for one in some}
    named, joins = join_children(some, missed)
    assert named == {} and {(j.joined, j.by) for j in joins if j.group == "N"} == {("candidate", "told_apart")}
    assert {(j.agency, j.member) for j in joins} == missed
    named, _ = join_children(some, missed - {("a", "C2")})
    assert set(named) == {one.member for one in some}
    same = [replace(one, state_child="S") for one in some[:2]]
    assert set(join_children([*same, some[2]], missed)[0]) == missed


def test_a_third_child_does_not_make_one_of_two_whom_one_agency_missed() -> None:
    """It has the state's id of the one and the name of the other."""
    some = [
        Linkable("a", "C1", "S1", "N1", "M"),
        Linkable("b", "C2", "S1", "N2", "M"),
        Linkable("a", "C3", None, "N2", "M"),
    ]
    missed = {one.member for one in some}
    named, joins = join_children(some, missed)
    assert named == {("a", "C1"): "S1", ("b", "C2"): "S1"}
    assert {(j.agency, j.member, j.by) for j in joins if j.group == "N2"} == {
        ("b", "C2", "told_apart"), ("a", "C3", "told_apart"),
    }  # fmt: skip
    rows = {
        "children": [{name: value or "" for name, value in asdict(one).items()} for one in some],
        "agency_lines": [{"agency": agency, "child": child} for agency, child in sorted(missed)],
    }  # fmt: skip
    package = SimpleNamespace(table=rows.__getitem__)
    assert joined_children(package) == named  # type: ignore[arg-type]
    assert set(join_children(some, missed - {("a", "C1")})[0]) == missed


@pytest.mark.parametrize(
    ("outcome", "gap", "expected"),
    [("exited_care", 0, ["first", "transfer"]), ("exited_care", 1, ["first", "transfer"]), ("exited_care", 2, None),
     ("returned", 0, None), ("died", 0, None)],
)  # fmt: skip
def test_only_what_is_no_end_is_a_transfer(outcome: str, gap: int, expected: list[str] | None) -> None:
    lines = [
        Line("S", "a", "E1", 0, 86400 * 10, 0, 10, outcome),
        Line("S", "b", "E2", 86400 * (10 + gap), None, 10 + gap, None, None),
    ]
    groups = group_episodes(lines)
    assert [how for _, how in groups] == ([expected] if expected else [])
