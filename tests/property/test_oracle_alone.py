"""What must hold of the oracle's own answer, whatever the core says: no missing child disappears (spec 1, 5, 6)."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.oracle.answer import Answer, answer
from tests.oracle.law_files import law_at
from tests.oracle.laws import STATE, write_law
from tests.oracle.spans import MISSING_SETTINGS
from tests.oracle.world import Night, Row
from tests.oracle.worlds import Feeds
from tests.property.test_against_oracle import many_worlds

World = tuple[Feeds, Night, Answer]
CLEARING = ("NI-04", "RT-01", "RT-02")
OF_ONE_DUTY = {
    "le_reports": ("LE-01", "LE-02", "LE-03", "LE-06", "LE-08"),
    "ncmec_reports": ("NC-01", "NC-02", "NC-03", "NC-06", "NC-10"),
}


@pytest.fixture(scope="module", params=range(40, 48))
def judged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Half of the nights under a drawn law."""
    seed: int = request.param
    feeds, night = many_worlds(seed, 60)
    if seed % 2:
        return feeds, night, answer(feeds, night)
    law = write_law(random.Random(seed), night.date_of(night.as_of), tmp_path_factory.mktemp("law"))
    return _under(law, feeds, replace(night, jurisdiction=STATE))


def _under(law: Path, feeds: Feeds, night: Night) -> World:
    with law_at(law):
        return feeds, night, answer(feeds, night)


def _open_absences(feeds: Feeds, night: Night) -> list[Row]:
    return [
        a
        for a in feeds["absences"]
        if a["kind"] == "missing"
        and a["absent_since_earliest"] <= night.as_of
        and (a["ended_at_earliest"] is None or a["ended_at_earliest"] > night.as_of)
    ]


def test_a_child_with_an_open_absence_is_missing_now(judged: World) -> None:
    feeds, night, answers = judged
    assert answers.missing_now is not None
    absences = _open_absences(feeds, night)
    assert absences
    assert {a["child_id"] for a in absences} <= answers.missing_now.keys()


def test_every_missing_row_is_evidence_or_is_judged_by_name(judged: World) -> None:
    feeds, night, answers = judged
    named = {name for e in answers.episodes.values() for name in e["evidence"].split(";")}
    named |= {name for d in answers.determinations for name in d[4].split(";")}
    rows = [(f"absences:{a['absence_id']}", a["absent_since_earliest"]) for a in feeds["absences"]]
    rows += [
        (f"placements:{p['placement_id']}", p["began_at_earliest"])
        for p in feeds["placements"]
        if p["setting"] in MISSING_SETTINGS
    ]
    assert {name for name, began in rows if began <= night.as_of} <= named


def test_nothing_is_to_be_cleared_for_a_child_who_may_be_missing(judged: World) -> None:
    _, _, answers = judged
    assert answers.missing_now is not None
    cleared = {f.child_id for f in answers.findings.values() if f.code in CLEARING}
    assert not cleared & answers.missing_now.keys()
    assert not cleared & {f.child_id for f in answers.findings.values() if f.code == "RC-19"}


def test_of_one_duty_only_the_worst_is_raised(judged: World) -> None:
    _, night, answers = judged
    for feed, codes in OF_ONE_DUTY.items():
        subjects = [f.subject_id for f in answers.findings.values() if f.code in codes]
        assert bool(subjects) == night.has(feed)
        assert len(subjects) == len(set(subjects))


def test_an_unreported_duty_is_found(judged: World) -> None:
    _, _, answers = judged
    for short, code in (("le", "LE-01"), ("ncmec", "NC-01")):
        for episode_id, episode in answers.episodes.items():
            if episode[f"{short}_verdict"] == "missing" and episode[f"{short}_duty"] in ("required", "third_party"):
                recipient = "law_enforcement" if short == "le" else "ncmec"
                assert (code, episode_id, recipient) in answers.findings


def test_only_an_open_episode_is_critical(judged: World) -> None:
    _, _, answers = judged
    assert all(f.is_open for f in answers.findings.values() if f.severity == "critical")


@pytest.fixture(scope="module")
def whole() -> tuple[Feeds, Night]:
    """A night on which every feed came."""
    feeds, night = many_worlds(3, 120)
    return feeds, replace(night, status=dict.fromkeys(night.status, "ok"))


def test_runs_kept_as_placements_only_lack_no_absence(whole: tuple[Feeds, Night]) -> None:
    feeds, night = whole
    only = answer(feeds, replace(night, runs_are_placements_only=True))
    left_out = {key for key in answer(feeds, night).findings if key not in only.findings}
    assert left_out
    assert {code for code, _, _ in left_out} == {"RC-01"}


def test_a_stay_that_covers_the_end_is_explained_where_nobody_can_write_how_it_ended(
    whole: tuple[Feeds, Night],
) -> None:
    feeds, night = whole
    before, after = (answer(feeds, replace(night, end_reasons_kept=has)).findings for has in (True, False))
    changed = [key for key, finding in before.items() if after[key] != finding]
    assert changed
    assert {key[0] for key in changed} == {"RT-05"}
    assert {after[key].severity for key in changed} == {"medium"}
    assert {after[key].queue for key in changed} <= {"explain", "history"}
