"""Who looks, what they may do, and which offices they see."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import chain

from itsdangerous import BadSignature, URLSafeTimedSerializer

from cmfc.errors import UsageError

FORM_HOURS = 12


class Role(IntEnum):
    """Each may do what those below it may.

    VIEWER reads counts and pseudonyms, REVIEWER sees names and works the list, ADMIN waives for longer.
    """

    VIEWER = 1
    REVIEWER = 2
    ADMIN = 3


def role_of(names: Collection[str], agency: str, grants: Mapping[str, str]) -> Role | None:
    """The highest role that somebody has in an agency; None: none.

    Args:
        names: what the auth manager calls them: their roles, and `user:` with their name.
        agency: its id.
        grants: by such a name a role, of one agency `demo/reviewer` (`CMFC_REVIEW_ROLES`).
    """
    parts = (grants[name].rpartition("/") for name in names if name in grants)
    return max((Role[role.upper()] for of, _, role in parts if of in ("", agency)), default=None)


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in. `agencies`: whose pages they may see."""

    name: str
    role: Role
    agencies: tuple[str, ...] = ()

    @property
    def sees_names(self) -> bool:
        """Whether pages may name children to them."""
        return self.role >= Role.REVIEWER


@dataclass(frozen=True)
class Sight:
    """What a person who is restricted sees of one agency.

    Attributes:
        offices: those that they are named for.
        named: those that anybody is named for, where the rest is theirs too: rows without an office, and of an office
            that nobody is named for. None: the rest is somebody else's.
    """

    offices: tuple[str, ...]
    named: tuple[str, ...] | None = None

    @property
    def is_blind(self) -> bool:
        """Whether nothing of the agency is theirs."""
        return not self.offices

    def covers(self, office: str | None) -> bool:
        """Whether a row of an office is theirs."""
        return office in self.offices or (self.named is not None and office not in self.named)

    def sql(self, column: str = "office") -> tuple[str, list[list[str]]]:
        """`covers` as a DuckDB condition on a column, and its values."""
        among = f"{column} IN (SELECT unnest(?::VARCHAR[]))"
        if self.named is None:
            return among, [list(self.offices)]
        return f"({among} OR {column} IS NULL OR NOT {among})", [list(self.offices), list(self.named)]


def sight_of(
    name: str, agency: str, restriction: Mapping[str, Sequence[str]], defaults: Mapping[str, str]
) -> Sight | None:
    """What a person sees of an agency; None: all of it.

    Args:
        name: the person's.
        agency: its id.
        restriction: by person, `agency/office`, `agency/*` or `*`; empty: everybody sees all.
        defaults: by agency, the office that has the rest; else everybody who is named for an office of it has.
    """
    entries = restriction.get(name, ())
    if not restriction or "*" in entries or f"{agency}/*" in entries:
        return None
    own, named = _offices(entries, agency), _offices(chain.from_iterable(restriction.values()), agency)
    default = defaults.get(agency)
    has_rest = bool(own) and (default is None or default in own)
    return Sight(own, named if has_rest else None)


def _offices(entries: Iterable[str], agency: str) -> tuple[str, ...]:
    parts = (entry.partition("/") for entry in entries)
    return tuple(sorted({office for of, _, office in parts if of == agency and office != "*"}))


class Forms:
    """Tokens without which no form is taken, so that no other site can send one in a signed-in person's name."""

    def __init__(self, secret: str) -> None:
        self._signer = URLSafeTimedSerializer(secret, salt="cmfc-review-form")

    def token(self, person: Person) -> str:
        """For the forms of a page that is made now."""
        return str(self._signer.dumps(person.name))

    def check(self, token: str, person: Person) -> None:
        """Take a form's token.

        Raises:
            UsageError: CMFC-W03 it is another person's, older than FORM_HOURS, or none.
        """
        try:
            name = self._signer.loads(token, max_age=FORM_HOURS * 3600)
        except BadSignature:
            name = None
        if name != person.name:
            raise UsageError("CMFC-W03", "This form is too old, or does not come from this page. Load the page again.")
