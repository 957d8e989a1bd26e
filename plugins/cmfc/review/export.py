"""What the worklist shows, as a file: CSV with ids, XLSX with names."""

from dataclasses import replace
from typing import Annotated

import pyarrow as pa
from fastapi import APIRouter, Query
from fastapi.responses import Response

from cmfc.errors import UsageError
from cmfc.publishing.schema import output_tables
from cmfc.publishing.tables import create_views, open_engine, write_csv
from cmfc.review.context import Visit, Working
from cmfc.review.standing_list import rows_of_list
from cmfc.review.worklist_query import ListQuery
from cmfc.storage.layout import checked_folder, work_folder
from cmfc.storage.scratch import ScratchFolder
from cmfc.worklists.lines import create_worklist
from cmfc.worklists.missing_now import create_missing_now
from cmfc.worklists.order import create_places
from cmfc.worklists.workbook import write_workbook

router = APIRouter()
CHOSEN = ("exception_id", "status", "assignee", "waived_until")
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@router.get("/export.csv")
def as_csv(visit: Working, query: Annotated[ListQuery, Query()]) -> Response:
    """The filtered list with the columns of exceptions.csv."""
    return _file(visit, query, "csv")


@router.get("/export.xlsx")
def as_xlsx(visit: Working, query: Annotated[ListQuery, Query()]) -> Response:
    """The filtered list as the nightly workbook lays it out."""
    return _file(visit, query, "xlsx")


def _file(visit: Visit, query: ListQuery, kind: str) -> Response:
    data = visit.data
    if not query.is_of_the_list:
        raise UsageError("CMFC-W02", "Resolved findings are not on the list; delta.csv of each night names them.")
    data.catch_up()
    rows = rows_of_list(visit, query, ", ".join(CHOSEN))
    chosen = pa.table({column: pa.array([row[column] for row in rows], pa.string()) for column in CHOSEN})
    with ScratchFolder(data.store, "export") as scratch:
        path = scratch.folder / f"exceptions.{kind}"
        with open_engine(scratch.folder / "spill") as connection:
            create_views(connection, work_folder(data.folder), checked_folder(data.folder))
            create_places(connection, data.as_of)
            connection.register("chosen", chosen)
            connection.execute("ALTER VIEW findings RENAME TO all_findings")
            connection.execute(
                "CREATE VIEW findings AS SELECT f.* REPLACE (c.status AS status, c.assignee AS assignee,"
                " c.waived_until AS waived_until)"
                " FROM all_findings AS f JOIN chosen AS c ON c.exception_id = f.exception_id"
            )
            if kind == "csv":
                write_csv(connection, output_tables()["exceptions"], path)
            else:
                create_missing_now(connection, checked_folder(data.folder))
                create_worklist(connection, checked_folder(data.folder), data.as_of)
                facts = replace(data.facts, stale=data.stale is not None)
                write_workbook(connection, facts, path, with_missing=False)
        body = path.read_bytes()
    data.note_view(visit.person, f"export.{kind}", (row["exception_id"] for row in rows), visit.act_time)
    name = f"cmfc-{data.key}-{data.night}.{kind}"
    return Response(body, media_type=MEDIA[kind], headers={"Content-Disposition": f'attachment; filename="{name}"'})
