"""The report sheet of a child as a page: to read out, to print, and to note that a report was made (spec 6)."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Annotated

import duckdb
from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from cmfc.errors import CmfcError, UsageError
from cmfc.ledger.claims import Claim, add_claim, withdraw_claim
from cmfc.publishing.manifest import NightFacts
from cmfc.review.context import Changing, Visit, Working, typed
from cmfc.review.today import today_of, whereabouts
from cmfc.worklists.child_records import ChildRecords, child_records
from cmfc.worklists.claims import NEAR_SECONDS, claims_of, standings_of
from cmfc.worklists.report_sheet import make_sheet
from cmfc.worklists.sheet_page import sheet_part

router = APIRouter()
DONE = {"noted": "Noted. It changes no list; the log must have the report within two days.",
        "undone": "Taken back."}  # fmt: skip


@router.get("/child/{child_id:path}/sheet", response_class=HTMLResponse)
def sheet(visit: Working, child_id: str, done: str = "") -> Response:
    """The sheet of a child."""
    return show(visit, child_id, done=DONE.get(done, ""))


@router.post("/child/{child_id:path}/sheet", response_class=HTMLResponse)
def note_report(
    visit: Changing,
    child_id: str,
    recipient: Annotated[str, Form(max_length=32)] = "",
    reported_at: Annotated[str, Form(max_length=32)] = "",
    number: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Note that a report was made; what is missing is said beside the form, and what was typed stays."""
    records, _ = records_for(visit, child_id)
    episode = records.open_episode
    try:
        moment = _instant(visit, reported_at)
        if episode and moment < episode["began_earliest"] - NEAR_SECONDS:
            raise UsageError("CMFC-F03", "That is more than a day before the child went missing; check day and time.")
        claim = Claim(child_id, str(episode["episode_id"]) if episode else "", recipient, moment,
                      visit.person.name, visit.act_time, typed(number))  # fmt: skip
        add_claim(visit.data.ledger, visit.data.agency, claim)
    except UsageError as error:
        if error.code != "CMFC-F03":
            raise
        return show(visit, child_id, wrong=error.message, form=(recipient, reported_at, number))
    return visit.back_to(f"child/{child_id}/sheet", (("done", "noted"),))


@router.post("/child/{child_id:path}/sheet/undo", response_class=HTMLResponse)
def take_back(visit: Changing, child_id: str, claim: Annotated[int, Form(ge=1)]) -> Response:
    """Undo a note of this child."""
    records, _ = records_for(visit, child_id)
    data = visit.data
    if claim not in {one.claim for one in claims_of(data.ledger, data.agency, records)}:
        raise UsageError("CMFC-F07", "No noted report of this child has this number, or it was taken back already.")
    withdraw_claim(data.ledger, data.agency, claim, visit.person.name, visit.act_time)
    return visit.back_to(f"child/{child_id}/sheet", (("done", "undone"),))


@router.get("/child/{child_id:path}/sheet/undo")
def again(visit: Working, child_id: str) -> Response:
    """A page that a form brought is loaded anew: the sheet."""
    return visit.back_to(f"child/{child_id}/sheet")


def records_for(visit: Visit, child_id: str) -> tuple[ChildRecords, NightFacts]:
    """A child's records, for somebody who may see them, and the list that they are of.

    Those of the night; of a child who is among the missing only since then, those of the hourly watch.

    Raises:
        UsageError: CMFC-F08 there is no such child for them.
    """
    data = visit.data
    records, facts = child_records(data.folder, child_id), replace(data.facts, stale=data.stale is not None)
    state = whereabouts(visit, today_of(visit), [child_id])[child_id]
    if state.is_newer and state.today.watch:
        with suppress(CmfcError, OSError, duckdb.Error):  # another hour is being published over it: the night's stand
            records, facts = child_records(state.today.watch.folder, child_id), state.today.watch.facts
    if not records.is_known or not visit.sees(records.office):
        raise UsageError("CMFC-F08", "There is no child with this id on the current list, or you may not see it.")
    return records, facts


def show(
    visit: Visit, child_id: str, done: str = "", wrong: str = "", form: tuple[str, str, str] = ("", "", "")
) -> Response:
    """The page; the journal says first that it is made."""
    data, (records, facts) = visit.data, records_for(visit, child_id)
    claims = claims_of(data.ledger, data.agency, records)
    standings = standings_of(claims, records, facts.broken, visit.now)
    sheet = make_sheet(records, facts, data.law, standings)
    data.note_view(visit.person, "sheet", [child_id], visit.act_time)
    return visit.page(
        "sheet.html.j2", 422 if wrong else 200, sheet=sheet, body=sheet_part(sheet, data.mapping.zone), done=done,
        wrong=wrong, form=form, latest=datetime.fromtimestamp(visit.now, data.zone).strftime("%Y-%m-%dT%H:%M"),
    )  # fmt: skip


def _instant(visit: Visit, text: str) -> int:
    """A clock time of the agency, as a browser's field gives it."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError("CMFC-F03", "Say when the report was made: day and time.") from None
    if moment.tzinfo is not None:
        raise UsageError("CMFC-F03", "Say when the report was made on the agency's clock, without an offset.")
    return int(moment.replace(tzinfo=visit.data.zone).timestamp())
