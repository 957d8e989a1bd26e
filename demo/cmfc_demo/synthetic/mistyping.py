"""How people type a child's name and birth date into a log: three levels of noise, as rates per report.

The rates are this project's assumption; docs/how-to/matching.md shows them. Each slip is drawn on its own, so a report
may carry several.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Noise:
    """Shares of reports with a slip."""

    first_typo: float
    last_typo: float
    nickname: float
    swapped: float
    half_of_compound: float
    second_surname: float
    other_surname: float
    middle_in_first: float
    shouted: float
    day_month: float
    digit: float
    year: float
    no_birth_date: float
    no_first: float
    no_last: float
    no_sex: float
    wrong_sex: float


LIGHT = Noise(
    first_typo=0.01, last_typo=0.01, nickname=0.02, swapped=0.002, half_of_compound=0.10, second_surname=0.003,
    other_surname=0.002, middle_in_first=0.01, shouted=0.1, day_month=0.003, digit=0.007, year=0.002,
    no_birth_date=0.004, no_first=0.001, no_last=0.001, no_sex=0.01, wrong_sex=0.001,
)  # fmt: skip
TYPICAL = Noise(
    first_typo=0.04, last_typo=0.04, nickname=0.05, swapped=0.01, half_of_compound=0.25, second_surname=0.01,
    other_surname=0.005, middle_in_first=0.03, shouted=0.2, day_month=0.01, digit=0.025, year=0.008,
    no_birth_date=0.015, no_first=0.004, no_last=0.003, no_sex=0.03, wrong_sex=0.004,
)  # fmt: skip
HEAVY = Noise(
    first_typo=0.10, last_typo=0.10, nickname=0.10, swapped=0.02, half_of_compound=0.40, second_surname=0.03,
    other_surname=0.02, middle_in_first=0.05, shouted=0.3, day_month=0.03, digit=0.06, year=0.02,
    no_birth_date=0.05, no_first=0.015, no_last=0.01, no_sex=0.08, wrong_sex=0.01,
)  # fmt: skip
NOISE = {"light": LIGHT, "typical": TYPICAL, "heavy": HEAVY}


@dataclass(frozen=True)
class Typed:
    """What a log says of a child."""

    first: str | None
    last: str | None
    born: date | None
    sex: str | None


def mistype(  # noqa: C901 - one branch per slip of a clerk
    child: Typed, aliases: tuple[str, ...], surnames: tuple[str, ...], noise: Noise, random: Random,
    short_for: Callable[[str], list[str]],
) -> Typed:  # fmt: skip
    """A child as a log has it.

    Args:
        child: as on file.
        aliases: other surnames on file; a report under another surname takes one of them where there is one.
        surnames: from which a surname unknown to the file is drawn.
        noise: the rates.
        random: the only source of chance.
        short_for: nicknames of a given name.
    """

    def happens(rate: float) -> bool:
        return random.random() < rate

    first, last = child.first or "", child.last or ""
    if happens(noise.nickname) and (short_forms := short_for(first)):
        first = random.choice(short_forms).title()
    if happens(noise.first_typo):
        first = _typo(first, random)
    if happens(noise.middle_in_first):
        first = f"{first} {random.choice(LETTERS).upper()}"
    parts = last.replace("-", " ").split()
    if len(parts) > 1 and happens(noise.half_of_compound):
        last = random.choice([parts[0], parts[-1], " ".join(parts)])
    if happens(noise.second_surname):
        last = f"{last}-{random.choice(surnames)}"
    if happens(noise.other_surname):
        last = random.choice(aliases or surnames)
    if happens(noise.last_typo):
        last = _typo(last, random)
    typed = replace(child, first=first, last=last, born=_birth_date(child.born, noise, random))
    if happens(noise.swapped):
        typed = replace(typed, first=typed.last, last=typed.first)
    if happens(noise.shouted):
        typed = replace(typed, first=(typed.first or "").upper(), last=(typed.last or "").upper())
    if happens(noise.no_first):
        typed = replace(typed, first=None)
    elif happens(noise.no_last):
        typed = replace(typed, last=None)
    if happens(noise.no_sex):
        typed = replace(typed, sex=None)
    elif happens(noise.wrong_sex) and child.sex in ("F", "M"):
        typed = replace(typed, sex="F" if child.sex == "M" else "M")
    return typed


def _typo(name: str, random: Random) -> str:
    """One letter left out, doubled, exchanged with its neighbour or with another."""
    if len(name) < 3:
        return name
    at = random.randrange(len(name) - 1)
    kind = random.randrange(4)
    if kind == 0:
        return name[:at] + name[at + 1 :]
    if kind == 1:
        return name[: at + 1] + name[at:]
    if kind == 2:
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return name[:at] + random.choice(LETTERS) + name[at + 1 :]


def _birth_date(born: date | None, noise: Noise, random: Random) -> date | None:
    if born is None or random.random() < noise.no_birth_date:
        return None
    if random.random() < noise.day_month and born.day <= 12:
        born = date(born.year, born.day, born.month)
    if random.random() < noise.year:
        born = born.replace(year=born.year + random.choice((-1, 1)), day=min(born.day, 28))
    if random.random() < noise.digit:
        born = _one_digit(born, random)
    return born


def _one_digit(born: date, random: Random) -> date:
    """Another date that differs in one digit."""
    text = born.strftime("%Y%m%d")
    for _ in range(40):
        at = random.randrange(3, 8)
        changed = text[:at] + random.choice("0123456789") + text[at + 1 :]
        try:
            day = date(int(changed[:4]), int(changed[4:6]), int(changed[6:]))
        except ValueError:
            continue
        if day != born and abs(day - born) < timedelta(days=20 * 366):
            return day
    return born
