"""What the worklist shows, as a file: CSV with ids, XLSX with names."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import pyarrow as pa
from fastapi import APIRouter, Form, Query
from fastapi.responses import Response

from cmfc.errors import UsageError
from cmfc.ledger.queries import list_findings
from cmfc.publishing.schema import output_tables
from cmfc.publishing.tables import lay_out, open_engine, write_csv
from cmfc.review.web import Changing, Visit, Working, typed
from cmfc.review.worklist import Asked
from cmfc.storage.layout import checked_folder, work_folder
from cmfc.worklists.lines import lay_out_worklist
from cmfc.worklists.order import lay_out_places
from cmfc.worklists.workbook import write_workbook

router = APIRouter()
MOST = 1_000_000
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@router.get("/export.csv")
def as_csv(visit: Working, asked: Annotated[Asked, Query()]) -> Response:
    """The filtered list with the columns of exceptions.csv."""
    return _file(visit, asked, "csv")


@router.get("/export.xlsx")
def as_xlsx(visit: Working, asked: Annotated[Asked, Query()]) -> Response:
    """The filtered list as the nightly workbook lays it out."""
    return _file(visit, asked, "xlsx")


@router.post("/export.csv")
def found_as_csv(visit: Changing, text: Annotated[str, Form(max_length=200)]) -> Response:
    """What was found of an id, as `as_csv` gives it."""
    return _file(visit, Asked(), "csv", typed(text))


@router.post("/export.xlsx")
def found_as_xlsx(visit: Changing, text: Annotated[str, Form(max_length=200)]) -> Response:
    """What was found of an id, as `as_xlsx` gives it."""
    return _file(visit, Asked(), "xlsx", typed(text))


def _file(visit: Visit, asked: Asked, kind: str, search: str | None = None) -> Response:
    desk = visit.desk
    if not asked.is_of_the_list:
        raise UsageError("CMFC-W02", "Resolved findings are not on the list; delta.csv of each night names them.")
    found, _ = list_findings(desk.ledger, desk.agency, asked.filter(visit, search), MOST, 0, asked.sort, desk.places)
    chosen = pa.table({
        "exception_id": pa.array([f.exception_id for f in found], pa.string()),
        "status": pa.array([f.status for f in found], pa.string()),
        "assignee": pa.array([f.assignee for f in found], pa.string()),
        "waived_until": pa.array([f.waived_until for f in found], pa.date32()),
    })  # fmt: skip
    with TemporaryDirectory(prefix="cmfc-export-") as aside:
        path = Path(aside) / f"exceptions.{kind}"
        with open_engine(Path(aside) / "spill") as connection:
            lay_out(connection, work_folder(desk.folder), checked_folder(desk.folder))
            lay_out_places(connection, desk.as_of)
            connection.register("chosen", chosen)
            connection.execute("ALTER VIEW findings RENAME TO all_findings")
            connection.execute(
                "CREATE VIEW findings AS SELECT f.* REPLACE (c.status AS status, c.assignee AS assignee,"
                " CAST(c.waived_until AS VARCHAR) AS waived_until)"
                " FROM all_findings AS f JOIN chosen AS c ON c.exception_id = f.exception_id"
            )
            if kind == "csv":
                write_csv(connection, output_tables()["exceptions"], path)
            else:
                lay_out_worklist(connection, checked_folder(desk.folder), desk.as_of)
                facts = replace(desk.facts, stale=desk.stale is not None)
                write_workbook(connection, facts, path, with_missing=False)
        body = path.read_bytes()
    desk.saw(visit.person, f"export.{kind}", (f.exception_id for f in found), visit.now)
    name = f"cmfc-{desk.key}-{desk.night}.{kind}"
    return Response(body, media_type=MEDIA[kind], headers={"Content-Disposition": f'attachment; filename="{name}"'})
