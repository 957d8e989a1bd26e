"""Names as a header or a code, as a stranger tried them: no table of ids may show one (docs/security.md, S13)."""

import re
from pathlib import Path

import pytest

from cmfc.pipeline.folder import reconcile_folder

FEEDS = {
    "children": "child_id,last_name,first_name,date_of_birth,sex,Alderr Ana 2012,Birchh\n"
    "C1,Alder,Ana,2012-05-10,Alderr,x,\nC2,Birch,Ben,2012-05-10,M,,y\n",
    "custody": "custody_id,child_id,authority,began_at\nK1,C1,state_care,2024-01-01 09:00\n",
    "placements": "placement_id,child_id,setting,began_at,ended_at\n"
    "P1,C1,foster_home,2024-01-01 09:00,2026-02-18 21:00\n",
    "absences": "absence_id,child_id,kind,absent_since,agency_informed_at\n"
    "A1,C1,missing,2026-02-18 20:00,2026-02-18 21:00\n"
    "A2,C1,Aldar,2026-02-18 20:00,2026-02-18 21:00\n",
    "le_reports": "le_report_id,child_id,reported_at,outcome,reporter,agency_name,report_number,ncic_entered_at\n"
    "L1,C1,2026-02-18 22:00,accepted,agency,Springfield PD,26-101,2026-02-18 23:00\n",
    "ncmec_reports": "ncmec_report_id,child_id,reported_at,source,ncmec_case_number\n"
    "M1,C1,2026-02-18 23:00,agency,N501\n",
}
AS_OF = 1_771_610_400


def test_a_name_in_a_header_or_a_code_is_in_no_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMFC_STORE", str(tmp_path / "store"))
    records = tmp_path / "records"
    records.mkdir()
    for name, text in FEEDS.items():
        (records / f"{name}.csv").write_text(text, encoding="utf-8")
    reconcile_folder(records, "America/Chicago", "us/federal", AS_OF, tmp_path / "out")
    tables = [path for path in (tmp_path / "out").iterdir() if path.suffix in (".csv", ".json")]
    texts = {path.name: path.read_text(encoding="utf-8") for path in tables}
    assert len(re.findall(r"\bchildren:#[0-9a-f]{8}\b", texts["exceptions.csv"])) >= 2
    assert "children:sex=#" in texts["exceptions.csv"] and "absences:kind=#" in texts["exceptions.csv"]
    for name, text in texts.items():
        assert not re.search(r"alder|aldar|birch|\bana\b", text, re.IGNORECASE), name
