"""What the sheet says of the law, each sentence with its source and whether somebody read it there (spec 6).

What no rule file vouches for is not put as law: it is what NCMEC's FAQ says, or this project's advice.
"""

from dataclasses import dataclass

from cmfc.law.library import Law
from cmfc.law.values import Value

FAQ = "NCMEC's FAQ for social service agencies, ncmec.org/cmfc; not law"
_SAYS = {
    "no_waiting_period": "Law enforcement may not make a missing-child report wait.",
    "ncic_entry": "Law enforcement must enter the child in NCIC within two hours of the report.",
    "tell_le_located": "The agency keeps law enforcement informed, and tells it of the child's recovery.",
    "tell_ncmec_located": "The agency keeps NCMEC informed, and tells it of the child's recovery.",
}


@dataclass(frozen=True)
class Sentence:
    """What may be said, and where it stands. `is_law`: a rule in force that somebody read against its source."""

    says: str
    source: str
    is_law: bool = False


def on_refusal(law: Law) -> tuple[Sentence, ...]:
    """What to say when law enforcement refuses or makes the report wait, and where to turn."""
    return (
        *_federal(law, "no_waiting_period", "ncic_entry"),
        Sentence("That holds whatever the reason, and if the child ran away before.", FAQ),
        Sentence(law.refusal, "as the sentence says"),
    )


def after_return(law: Law) -> tuple[Sentence, ...]:
    """Whom to tell that the child was located."""
    return (
        *_federal(law, "tell_le_located", "tell_ncmec_located"),
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


def _federal(law: Law, *duties: str) -> tuple[Sentence, ...]:
    """The federal rules of these duties as they are now, with the words of the law where they were read."""
    sentences = []
    for duty in duties:
        values = [v for v in law.values if (v.level, v.duty, v.basis) == ("federal", duty, "law")]
        if values:
            sentences.append(_sentence(duty, max(values, key=lambda v: v.from_at)))
    return tuple(sentences)


def _sentence(duty: str, value: Value) -> Sentence:
    quote = f": “… {value.quote} …”" if value.quote else ""
    if value.is_verified:
        return Sentence(_SAYS[duty], f"Federal law, {value.citation}{quote}", is_law=True)
    return Sentence(_SAYS[duty], f"NOT verified: nobody has read it at its source. {value.citation}")
