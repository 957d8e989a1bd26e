"""Who looks, what they may do, and which offices they see."""

from dataclasses import dataclass
from enum import IntEnum

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


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in. `offices`: those they see; None: all."""

    name: str
    role: Role
    offices: tuple[str, ...] | None = None

    @property
    def sees_names(self) -> bool:
        """Whether pages may name children to them."""
        return self.role >= Role.REVIEWER

    def sees(self, office: str | None) -> bool:
        """Whether a finding of an office is for them."""
        return self.offices is None or office in self.offices


def offices_of(name: str, restriction: dict[str, list[str]]) -> tuple[str, ...] | None:
    """The offices a person sees: all where nobody is restricted; else those named, `*` for all, nobody else any."""
    if not restriction:
        return None
    offices = restriction.get(name, [])
    return None if "*" in offices else tuple(offices)


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
