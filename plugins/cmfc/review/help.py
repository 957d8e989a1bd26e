"""The page that explains the others: what the words mean, and the keys."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from cmfc.review.context import Reading

router = APIRouter()
KEYS = {
    "j": "to the next child or finding of a list", "k": "to the one before", "o or Enter": "opens it",
    "x": "selects it, or no longer", "a": "to what can be done with what is selected", "/": "to the search",
    "g m": "to Missing now", "g l": "to the cases", "?": "to this page",
}  # fmt: skip


@router.get("/help", response_class=HTMLResponse)
def help_page(visit: Reading) -> Response:
    """The page."""
    return visit.page("help.html.j2", keys=KEYS, back="help")
