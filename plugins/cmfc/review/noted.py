"""Reports that people noted and the log does not have: what waits, and what is to be answered after two days."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from cmfc.ledger.claims import Noted, list_claims
from cmfc.reconcile.recipients import LOG_OF
from cmfc.review.context import Visit, Working
from cmfc.worklists.child_records import episodes_by_record, records_elsewhere
from cmfc.worklists.claims import Standing, by_present_id, standing_of

router = APIRouter()
ORDER = ("to_answer", "waiting", "not_checked", "answered")


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
    listed = list_claims(data.ledger, data.agency)
    episodes = data.by("episodes", "episode_id", (one.episode_id for one in listed))
    claims = by_present_id(listed, {episode_id: row["child_id"] for episode_id, row in episodes.items()})
    children = data.by("children", "child_id", (one.child_id for one in claims))
    visible = [one for one in claims if visit.sees((children.get(one.child_id) or {"office": None})["office"])]
    standings = [_standing(visit, one, one.episode_id in episodes) for one in visible]
    return sorted(standings, key=lambda one: (ORDER.index(one.state), one.claim.at, one.claim.claim))


def _standing(visit: Visit, claim: Noted, is_known: bool) -> Standing:
    data, feed = visit.data, LOG_OF[claim.recipient]
    if feed in data.facts.broken:
        return standing_of(claim, None, visit.now)
    links = data.find("links", "child_id", [claim.child_id]) if is_known else []
    others = records_elsewhere(episodes_by_record(links), claim.episode_id)
    return standing_of(claim, data.of_feed(feed, claim.child_id), visit.now, others)
