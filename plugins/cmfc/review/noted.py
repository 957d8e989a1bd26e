"""Reports that people noted and the log does not have: what waits, and what is to be answered after two days."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from cmfc.ledger.claims import list_claims
from cmfc.reconcile.recipients import LOG_OF
from cmfc.review.context import Visit, Working
from cmfc.worklists.claims import Standing, standing_of

router = APIRouter()
ORDER = ("to_answer", "waiting", "answered")


@router.get("/noted", response_class=HTMLResponse)
def noted(visit: Working) -> Response:
    """Every report that somebody noted, what is to be answered first."""
    standings = noted_reports(visit)
    children = {one.claim.child_id for one in standings}
    visit.data.note_view(visit.person, "noted", children, visit.act_time)
    return visit.page("noted.html.j2", standings=standings, names=visit.names(children), order=ORDER)


def noted_reports(visit: Visit) -> list[Standing]:
    """Those of children whom the visitor may see, what is to be answered first."""
    data = visit.data
    claims = list_claims(data.ledger, data.agency)
    children = data.by("children", "child_id", (one.child_id for one in claims))
    visible = [one for one in claims if visit.sees((children.get(one.child_id) or {"office": None})["office"])]
    standings = [standing_of(one, data.of_feed(LOG_OF[one.recipient], one.child_id), visit.now) for one in visible]
    return sorted(standings, key=lambda one: (ORDER.index(one.state), one.claim.at, one.claim.claim))
