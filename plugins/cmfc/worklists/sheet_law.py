"""What the sheet says of the law, each sentence with its source and whether somebody read it there (spec 6).

What no rule file vouches for is not put as law: it is what NCMEC's FAQ says, or this project's advice.
"""

from dataclasses import dataclass

from cmfc.law.library import Law

FAQ = "NCMEC's FAQ for social service agencies, ncmec.org/cmfc; not law"
WAIT = "Law enforcement may not make a missing-child report wait."
NCIC = "Law enforcement must enter the child in NCIC within two hours of the report."
LOCATED = "The agency keeps law enforcement and NCMEC informed, and tells both of the child's recovery."


@dataclass(frozen=True)
class Sentence:
    """What may be said, and where it stands; empty: it says so itself."""

    says: str
    source: str = ""


def on_refusal(law: Law) -> tuple[Sentence, ...]:
    """What to say when law enforcement refuses or makes the report wait, and where to turn."""
    return (
        *_federal(law, "no_waiting_period", WAIT),
        *_federal(law, "ncic_entry", NCIC),
        Sentence("That holds whatever the reason, and if the child ran away before.", FAQ),
        Sentence(law.refusal),
    )


def after_return(law: Law) -> tuple[Sentence, ...]:
    """Whom to tell that the child was located."""
    return (
        *dict.fromkeys((*_federal(law, "tell_le_located", LOCATED), *_federal(law, "tell_ncmec_located", LOCATED))),
        Sentence("Tell the NCMEC case manager who was assigned; they offer help for the time after.", FAQ),
        Sentence(
            "Tell both within 24 hours, and enter when: the law names no hours.", "advice of this project, not law"
        ),
    )


def third_party() -> tuple[Sentence, ...]:
    """What a worker must know who reports a child that is not in the agency's custody."""
    return (
        Sentence("Best: the parent reports, or you report together with the parent.", FAQ),
        Sentence("NCMEC needs the parent's or guardian's full contact information.", FAQ),
        Sentence("A report to law enforcement must be made as well, or attempted.", FAQ),
        Sentence("NCMEC needs authorizations from the parent, for posters for example.", FAQ),
    )


def _federal(law: Law, duty: str, says: str) -> tuple[Sentence, ...]:
    """The federal rule of a duty as it is now, with the words of the law where they were read; empty for none."""
    values = [value for value in law.values if (value.level, value.duty, value.basis) == ("federal", duty, "law")]
    if not values:
        return ()
    value = max(values, key=lambda value: value.from_at)
    quote = f": “… {value.quote} …”" if value.quote else ""
    if value.is_verified:
        return (Sentence(says, f"Federal law, {value.citation}{quote}"),)
    return (Sentence(says, f"NOT verified: nobody has read it at its source. {value.citation}"),)
