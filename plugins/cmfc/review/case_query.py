"""What the address of the case list says, as conditions on the table `desk`, and how many there are of each choice."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, field_validator

from cmfc.findings.lifecycle import DUTY_CHANGES
from cmfc.review.context import typed
from cmfc.worklists.order import QUEUES, SEVERITIES, SOON_SECONDS
from cmfc.worklists.wording import STATUS

STATUSES = tuple(STATUS)
MINE, NOBODY = "~me", "~nobody"
TABS = (*QUEUES, "all")
MANY = ("severity", "code", "status", "assignee", "caseworker", "office", "county", "band", "feed", "changed")
"""What may be asked with several values at once; the names of the columns but for caseworker, feed and changed."""
COLUMNS = {name: name for name in MANY} | {
    "caseworker": "caseworker_id", "changed": "duty_change", "assignee": f"coalesce(assignee, '{NOBODY}')"
}  # fmt: skip
LONGEST = 4000
"""Characters of a value of a filter: an office is called what the agency calls it."""
Values = Annotated[list[Annotated[str, Field(max_length=LONGEST)]], Field(max_length=200)]


class CaseQuery(BaseModel):
    """What to list. It stands in the address, so that a bookmark is a view; what is searched for never does."""

    model_config = {"extra": "ignore"}
    queue: Literal["act_now", "explain", "correct_record", "history", "all"] = "act_now"
    severity: Values = []
    code: Values = []
    status: Values = []
    assignee: Values = []
    caseworker: Values = []
    office: Values = []
    county: Values = []
    band: Values = []
    feed: Values = []
    changed: Values = []
    episode: Literal["open", "closed"] | None = None
    soon: Literal["1"] | None = None
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1

    @field_validator(*MANY, mode="before")
    @classmethod
    def _without_empty(cls, value: Any) -> Any:
        values = [value] if isinstance(value, str) else value
        return list(dict.fromkeys(text for one in values if (text := typed(str(one)))))

    @field_validator("queue", "episode", "soon", "page", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any, info: Any) -> Any:
        return cls.model_fields[info.field_name].default if value == "" else value

    @field_validator("severity", "status", "changed")
    @classmethod
    def _refuse_unknown(cls, values: list[str], info: Any) -> list[str]:
        allowed = {"severity": SEVERITIES, "status": STATUSES, "changed": DUTY_CHANGES}[info.field_name]
        if not set(values) <= set(allowed):
            raise ValueError(f"a value is none of {', '.join(allowed)}")
        return values

    def pairs(self, **changes: Any) -> list[tuple[str, str]]:
        """What is asked, as parts of an address; `changes` in its place, None takes a part away."""
        parts = {**self.model_dump(exclude={"page"}), **changes}
        listed = {name: value if isinstance(value, list) else [value] for name, value in parts.items()}
        return [(name, str(one)) for name, values in listed.items() for one in values if one not in (None, "")]

    @property
    def narrowed(self) -> list[tuple[str, str]]:
        """The filters that are set, one value each."""
        return [(name, value) for name, value in self.pairs(queue=None)]


@dataclass(frozen=True)
class Conditions:
    """Conditions on `desk` by what they are about, each with its values."""

    by_name: dict[str, tuple[str, list[Any]]]

    def where(self, *, but: str = "") -> tuple[str, list[Any]]:
        """All of them, one left out."""
        left = [condition for name, condition in self.by_name.items() if name != but]
        return " AND ".join(f"({sql})" for sql, _ in left) or "TRUE", [one for _, values in left for one in values]


def conditions(query: CaseQuery, person: str, sight: tuple[str, list[Any]], as_of: int, now: int) -> Conditions:
    """A query as conditions.

    Args:
        query: what is asked.
        person: who asks; MINE is what is assigned to them.
        sight: the offices that they see, as SQL and values.
        as_of: of the list, epoch seconds UTC.
        now: epoch seconds UTC, whole minutes; what is due soon is so from now, as on the first screen.
    """
    by_name: dict[str, tuple[str, list[Any]]] = {"sight": sight}
    if query.queue != "all":
        by_name["queue"] = ("queue = ?", [query.queue])
    for name in MANY:
        if values := [person if one == MINE else one for one in getattr(query, name)]:
            among = "list_has_any(feeds, ?)" if name == "feed" else f"list_contains(?, {COLUMNS[name]})"
            by_name[name] = (among, [values])
    if query.episode:
        by_name["episode"] = ("is_open" if query.episode == "open" else "NOT coalesce(is_open, FALSE)", [])
    if query.soon:
        by_name["soon"] = (
            "deadline_earliest BETWEEN ? AND ? AND is_open AND ended IS NULL",
            [as_of, now + SOON_SECONDS],
        )
    if "resolved" not in query.status and "over" not in query.changed:
        by_name["listed"] = ("ended IS NULL", [])
    return Conditions(by_name)


def facet_sql(filters: Conditions, name: str) -> tuple[str, list[Any]]:
    """How many children each value of a filter would show, the other filters as they are."""
    sql, values = filters.where(but=name)
    value = "unnest(feeds)" if name == "feed" else COLUMNS[name]
    rows = f"SELECT {value} AS value, case_no FROM desk WHERE {sql}"
    counted = f"SELECT '{name}' AS name, value, count(DISTINCT case_no) AS n FROM ({rows})"
    return f"{counted} WHERE value IS NOT NULL GROUP BY value", values


def tabs_sql(filters: Conditions) -> tuple[str, list[Any]]:
    """Children, duties and findings of each queue, and of all."""
    sql, values = filters.where(but="queue")
    counts = "count(DISTINCT case_no) AS children, count(DISTINCT duty_no) AS duties, count(*) AS findings"
    return f"SELECT coalesce(queue, 'all') AS queue, {counts} FROM desk WHERE {sql} GROUP BY ROLLUP (queue)", values
