"""Before the first pull: the night is over, and what it makes can be kept."""

from pathlib import Path
from typing import Any

import pytest

from cmfc.errors import UsageError
from cmfc.pipeline.nightly import run_night
from cmfc.pipeline.preflight import refuse_unfinished
from cmfc.pipeline.run import run_of
from cmfc.settings import Settings
from tests.support.small_agency import AS_OF, PULLED_AT, mapping_of


def run(root: Path, **changes: Any) -> Any:
    mapping = mapping_of(root).model_copy(update=changes.pop("mapping", {}))
    places = {"store": root / "store", "lists": root / "lists", "ledger": ""} | changes
    return run_of(mapping, "2026-03-09", places["store"], places["lists"], places["ledger"])


def test_a_business_date_that_is_not_over_is_refused(tmp_path: Path) -> None:
    refuse_unfinished(run(tmp_path), AS_OF)
    with pytest.raises(UsageError, match=r"CMFC-N04: The business date 2026-03-09 is not over: .* 23:59 CDT\."):
        refuse_unfinished(run(tmp_path), AS_OF - 1)
    with pytest.raises(UsageError, match="CMFC-N04"):
        run_night(run(tmp_path), AS_OF - 1)
    assert not (tmp_path / "store").exists()


def is_a_file(root: Path, name: str) -> Path:
    (root / name).write_text("taken")
    return root / name


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (lambda root: {"ledger": "mysql://x"}, "CMFC-J02"),
        (lambda root: {"ledger": "postgresql+nosuchdriver://host/db"}, "CMFC-J02"),
        (lambda root: {"ledger": "postgresql+psycopg2://user:secret@host:port/db"}, "CMFC-J02"),
        (lambda root: {"ledger": "postgresql+psycopg2://user:secret@127.0.0.1:1/db"}, "CMFC-J09"),
        (lambda root: {"ledger": f"sqlite:///{is_a_file(root, 'here')}/ledger.sqlite"}, "CMFC-J02"),
        (lambda root: {"ledger": f"sqlite:///{is_a_file(root, 'no.sqlite')}"}, "CMFC-J02"),
        (lambda root: {"store": is_a_file(root, "store"), "ledger": f"sqlite:///{root}/l.sqlite"}, "CMFC-N05"),
        (lambda root: {"lists": is_a_file(root, "lists")}, "CMFC-N05"),
        (lambda root: {"mapping": {"jurisdiction": "us/zz"}}, "CMFC-L01"),
        (lambda root: {"mapping": {"matching": {"model": "no-such"}}}, "CMFC-E01"),
    ],
    ids=[
        "no ledger",
        "no driver",
        "no port",
        "nobody there",
        "no folder",
        "not a database",
        "store",
        "lists",
        "law",
        "model",
    ],
)
def test_what_a_night_needs_is_looked_at_before_anything_is_read(changes: Any, code: str, tmp_path: Path) -> None:
    """No feed has a file here: had one been read, the night would say that."""
    from cmfc.ingest.mapping import MatchingRules

    places = changes(tmp_path)
    if "matching" in places.get("mapping", {}):
        places["mapping"] = {"matching": MatchingRules(**places["mapping"]["matching"])}
    with pytest.raises(UsageError) as refused:
        run_night(run(tmp_path, **places), PULLED_AT)
    assert refused.value.code == code and "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("CMFC_LATE_HOUR", "seven", "CMFC_LATE_HOUR: Input should be a valid integer"),
        ("CMFC_LATE_HOUR", "25", "CMFC_LATE_HOUR: Input should be less than or equal to 23"),
        ("CMFC_KEEP_NOTES_DAYS", "-1", "CMFC_KEEP_NOTES_DAYS"),
        ("CMFC_CLOCK", "noon", "CMFC_CLOCK"),
        ("CMFC_REVIEW_OFFICES", "North", "CMFC_REVIEW_OFFICES is not the JSON"),
        ("CMFC_REVIEW_OFFICES", '{"kim": ["Nord"]}', "CMFC_REVIEW_OFFICES names agency and office together"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named_without_its_value(
    name: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match="CMFC-S01") as refused:
        Settings()
    assert reason in refused.value.message and value not in refused.value.message.replace(reason, "")
