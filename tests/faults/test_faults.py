"""Faults in a night: what stands while they last and after, as expected or not (docs/reference/faults.md)."""

from collections.abc import Iterator

import pytest

from tests.faults import cases
from tests.faults.engine import STAGES
from tests.faults.installation import Installation
from tests.faults.table import Row
from tests.support.mail_server import MailServer


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with MailServer() as server, pytest.MonkeyPatch.context() as patch:
        made = Installation(tmp_path_factory.mktemp("faults"), patch, server)
        made.prepare()
        yield made


def hold(row: Row) -> None:
    assert (row.seen, row.later) == (row.expected, row.later_expected), f"{row.group}, {row.fault}: {row.how}"
    assert not row.is_silent


@pytest.mark.parametrize("kind", ["full", "read-only"])
@pytest.mark.parametrize("stage", STAGES)
def test_disk(stage: str, kind: str, place: Installation) -> None:
    hold(cases.disk_row(place, stage, kind))


@pytest.mark.parametrize("case", [cases.elsewhere_row, cases.locked_row, cases.twice_row])
def test_runs(case, place: Installation) -> None:
    hold(case(place))
