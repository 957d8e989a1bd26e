"""What the outbox asks of whoever delivers its messages. Nothing heavy is imported here: DAGs load it when parsed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Parcel:
    """What is to be delivered: `key` names it for the mail server, `reached` are those who have it already."""

    key: str
    subject: str
    html: str
    reached: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Receipt:
    """What became of a try.

    Attributes:
        state: `sent` to all; `waiting` where the server took it for nobody or only for some; `unsure`.
        reached: digests of the addresses for which a server took it, now or before.
        reason: for `waiting` and `unsure`, the kind of the failure in a word without blanks.
    """

    state: Literal["sent", "waiting", "unsure"]
    reached: frozenset[str] = frozenset()
    reason: str = ""


HandOver = Callable[[], None]
"""To be called once, before the text is handed over; raises if another process has the message."""
Deliver = Callable[[Parcel, HandOver], Receipt]


class ClaimLost(Exception):
    """Another process took the message over."""
