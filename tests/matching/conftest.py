"""Small worlds, matched in one line."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from cmfc.matching.answers import Decision
from cmfc.matching.match import match
from cmfc.matching.model import load_model
from tests.support.small_world import AS_OF, Row, choices, others, write


@pytest.fixture
def matched(tmp_path: Path) -> Callable[..., dict[str, list[Row]]]:
    """Matches a world; gives the rows of `matches` by report id."""

    def run(
        children: list[Row], reports: list[Row], absences: Iterable[Row] = (), *,
        answers: Sequence[Decision] = (), **rows: Any,
    ) -> dict[str, list[Row]]:  # fmt: skip
        folder = write(tmp_path / "checked", [*children, *others()], reports, absences, **rows)
        match(folder, tmp_path / "matched", AS_OF, load_model("default"), answers=answers)
        return choices(tmp_path / "matched")

    return run
