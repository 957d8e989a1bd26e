"""A state of many agencies is joined in minutes, in memory that does not grow with its agencies' records."""

import os
import resource
import shutil
import time
from collections import Counter
from datetime import date
from pathlib import Path

import duckdb
import pytest

from benchmarks.audit import NIGHT, knowledge_of, prepare
from cmfc.audit_extract.extract import Request, build
from cmfc.audit_extract.merge import StateRequest, merge
from cmfc.audit_extract.source_night import Knowledge
from tests.support.audited import KEY

AGENCIES = int(os.environ.get("STATE_AGENCIES", "64"))
CHILDREN = int(os.environ.get("STATE_CHILDREN", "20000"))
REQUEST = Request(date(2025, 10, 1), date(2026, 9, 30), NIGHT, seed=1, is_for_state=True)
SHARED = 50
"""One child in so many is known to the next agency too."""


@pytest.mark.soak("audit-state")
def test_a_state_is_joined(tmp_path: Path, figures: Counter[str]) -> None:
    """One night, copied for each agency with other names, but for the children that the next agency knows."""
    prepare(CHILDREN, CHILDREN * 5 // 100, tmp_path)
    first = knowledge_of(tmp_path)
    packages = [_agency(tmp_path, first, number) for number in range(AGENCIES)]
    began = time.perf_counter()
    summary = merge(packages, tmp_path / "state", "us-xx", StateRequest(1))
    seconds = round(time.perf_counter() - began)
    mebibytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) // 1024
    counts = {name: summary[name] for name in ("episodes", "joined_children", "joined_episodes")}
    figures.update(agencies=AGENCIES, children=AGENCIES * CHILDREN, seconds=seconds, mebibytes=mebibytes, **counts)
    assert summary["joined_children"] > 0 and summary["agencies"] == AGENCIES


def _agency(root: Path, first: Knowledge, number: int) -> Path:
    """An agency's extract: the night's children under other names, one in SHARED under that of the agency before."""
    folder = root / "store" / f"agency-{number:02}" / NIGHT
    shutil.copytree(first.folder, folder)
    path = folder / "checked" / "children.parquet"
    own_name, before = f"Agency{number:02}", f"Agency{max(0, number - 1):02}"
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * REPLACE (CASE WHEN hash(child_id) % {SHARED} = 0 AND {number} % 2 = 1 THEN '{before}'"
            f" ELSE '{own_name}' END || child_id AS last_name) FROM '{path}') TO '{path}.new' (FORMAT parquet)"
        )
    Path(f"{path}.new").replace(path)
    knowledge = Knowledge(**{**first.__dict__, "agency": f"agency-{number:02}", "folder": folder})
    build(knowledge, REQUEST, KEY, root / "packages" / f"agency-{number:02}", "bench")
    shutil.rmtree(folder)
    return root / "packages" / f"agency-{number:02}"
