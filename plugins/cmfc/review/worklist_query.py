"""What the address of the table of findings says."""

from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl

from pydantic import BaseModel, Field, ValidationError, field_validator

from cmfc.ledger.queries import Filter
from cmfc.review.case_query import LONGEST
from cmfc.review.context import Visit, typed


class ListQuery(BaseModel):
    """What the address of a list says; kept in the address, it is a saved filter."""

    model_config = {"extra": "ignore"}
    severity: Literal["critical", "high", "medium", "low", "info"] | None = None
    queue: Literal["act_now", "explain", "correct_record", "history"] | None = None
    status: Literal["new", "reopened", "open", "acknowledged", "waived", "resolved"] | None = None
    changed: Literal["better", "worse", "new", "over"] | None = None
    code: Annotated[str, Field(max_length=8)] | None = None
    office: Annotated[str, Field(max_length=LONGEST)] | None = None
    county: Annotated[str, Field(max_length=LONGEST)] | None = None
    assignee: Annotated[str, Field(max_length=200)] | None = None
    episode: Literal["open", "closed"] | None = None
    min_age: Annotated[int, Field(ge=0, le=36500)] | None = None
    sort: Literal["urgency", "oldest", "deadline", "code", "office", "child"] = "urgency"
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1

    @property
    def is_of_the_list(self) -> bool:
        """Whether what is asked for is on tonight's list, and not what was on earlier ones."""
        return self.status != "resolved" and self.changed != "over"

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any, info: Any) -> Any:
        text = typed(value) if isinstance(value, str) else value
        return cls.model_fields[info.field_name].default if text == "" else text

    def filter(self, visit: Visit) -> Filter:
        """As the ledger is asked."""
        return Filter(
            status=self.status, severity=self.severity, queue=self.queue, code=self.code, office=self.office,
            county=self.county, assignee=self.assignee, sight=visit.sight,
            changed=self.changed,
            is_open=None if self.episode is None else self.episode == "open",
            first_seen_until=None if self.min_age is None else visit.data.seen_on - timedelta(days=self.min_age),
        )  # fmt: skip


def parse_query(query: str) -> ListQuery:
    """The query of an address of ours; what cannot be read is left out."""
    try:
        return ListQuery.model_validate(dict(parse_qsl(query)))
    except ValidationError:
        return ListQuery()
