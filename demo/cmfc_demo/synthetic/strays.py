"""Reports that carry no child id, with known truth: what matching is measured on and the shipped model is trained on.

The children of an ordinary population are given names as unevenly common as real ones, twins, namesakes and aliases;
their reports lose the id and are mistyped (mistyping.py); a few reports are about somebody who is not on file.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa

from cmfc_demo.synthetic import names
from cmfc_demo.synthetic.mistyping import NOISE, Typed, mistype
from cmfc_demo.synthetic.people import Shape
from cmfc_demo.synthetic.population import Feeds, generate_typed

NOT_ON_FILE = 0.02
"""Share of the reports that are about nobody on file."""
SIBLING, TWIN, NAMESAKE, COMPOUND, ALIAS = 0.35, 0.015, 0.003, 0.06, 0.03
"""Shares of the children: same surname as the child before; that, and born on its day; both names of another child;
two surnames; another surname known to the agency."""


@dataclass(frozen=True)
class Strays:
    """Accepted feeds (docs/architecture.md, Checked tables), and the child of each report, None where not on file."""

    feeds: Feeds
    truth: dict[str, str | None]


def draw_strays(
    children: int, seed: int, as_of: int, noise: str, *, keep_ids: float = 0.0, most_reports: int | None = None,
    share_missing: float = 1 / 12,
) -> Strays:  # fmt: skip
    """Draw an agency whose logs carry no ids.

    Args:
        children: how many are on file.
        seed: same seed, same agency.
        as_of: epoch seconds UTC.
        noise: a key of `mistyping.NOISE`.
        keep_ids: share of the reports that keep their id.
        most_reports: cut both logs together to about so many rows; None: all.
        share_missing: share of the children who ever go missing.
    """
    feeds = generate_typed(children, seed, as_of, "America/Chicago", shape=Shape(share_missing=share_missing))
    random, dice = Random(seed), np.random.default_rng([seed, 77])
    first, last, aliases, born = _name(feeds["children"], dice, random)
    sex = feeds["children"]["sex"].to_pylist()
    ids = feeds["children"]["child_id"].to_pylist()
    feeds["children"] = _with(feeds["children"], first_name=first, last_name=last, aliases=aliases, date_of_birth=born)
    place = {child: n for n, child in enumerate(ids)}
    pool = tuple(sorted(set(last)))
    short = _short_forms()
    truth: dict[str, str | None] = {}
    for feed, key in (("le_reports", "le_report_id"), ("ncmec_reports", "ncmec_report_id")):
        table = feeds[feed]
        if most_reports is not None and len(table) > most_reports // 2:
            chosen = np.sort(dice.choice(len(table), most_reports // 2, replace=False))
            table = table.take(chosen)
        about = [child or ids[random.randrange(len(ids))] for child in table["child_id"].to_pylist()]
        typed, typists = [], []
        for report, child in zip(table[key].to_pylist(), about, strict=True):
            at = place[child]
            if random.random() < NOT_ON_FILE:
                other = random.randrange(len(ids))
                of = born[random.randrange(len(ids))]
                day = of + timedelta(days=random.randrange(1, 200)) if of else None
                person = Typed(first[random.randrange(len(ids))], last[other], day, sex[other])
                truth[f"{feed}:{report}"] = None
            else:
                person = Typed(first[at], last[at], born[at], sex[at])
                truth[f"{feed}:{report}"] = child
            has_id = truth[f"{feed}:{report}"] is not None and random.random() < keep_ids
            own_alias = tuple(alias for alias in aliases[at : at + 1] if alias)
            typed.append(mistype(person, own_alias, pool, NOISE[noise], random, lambda n: short.get(n.lower(), [])))
            typists.append(child if has_id else None)
        feeds[feed] = _with(
            table,
            child_id=typists,
            first_name=[t.first or None for t in typed],
            last_name=[t.last or None for t in typed],
            date_of_birth=[t.born for t in typed],
            sex=[t.sex for t in typed],
        )
    return Strays(feeds, truth)


def _name(
    table: Any, dice: np.random.Generator, random: Random
) -> tuple[list[str], list[str], list[str | None], list[date | None]]:
    """Given names, surnames, aliases and birth dates."""
    count = len(table)
    firsts, lasts = _given_pool(), _surname_pool()
    first = [firsts[n] for n in _uneven(dice, len(firsts), count)]
    last = [lasts[n] for n in _uneven(dice, len(lasts), count)]
    born: list[date | None] = table["date_of_birth"].to_pylist()
    aliases: list[str | None] = [None] * count
    for at in range(count):
        if random.random() < COMPOUND:
            last[at] = f"{last[at]}-{lasts[random.randrange(len(lasts))]}"
        if at and random.random() < SIBLING:
            last[at] = last[at - 1]
            if random.random() < TWIN / SIBLING:
                born[at] = born[at - 1]
        elif at and random.random() < NAMESAKE:
            other = random.randrange(at)
            first[at], last[at] = first[other], last[other]
            if (day := born[other]) and random.random() < 0.3:
                born[at] = day + timedelta(days=random.choice((-10, -1, 1, 9, 10, 30, 365)))
        if random.random() < ALIAS:
            aliases[at] = lasts[random.randrange(len(lasts))]
    return first, last, aliases, born


def _uneven(dice: np.random.Generator, kinds: int, count: int) -> Any:
    """Places in a list whose n-th entry is as common as 1 / (n + 8)^0.9, as real names about are."""
    weight = 1 / (np.arange(kinds) + 8.0) ** 0.9
    return dice.choice(kinds, size=count, p=weight / weight.sum())


def _given_pool() -> list[str]:
    """The population's names, and those of English that have short forms."""
    from nicknames import name_triplets

    formal = {t.name1.title() for t in name_triplets() if len(t.name1) > 3}
    pool = sorted(formal | set(names.FIRST))
    Random(1).shuffle(pool)
    return pool


def _surname_pool() -> list[str]:
    """The population's surnames and some thousands made of syllables, the same in every agency."""
    surnames, dice = set(names.LAST), Random(2)
    starts = "Bar Bel Car Cor Dal Del Dor Fal Far Gar Hal Har Hol Ken Kir Lan Lar Mal Mar Mel Mor Nor Pal Par Por Ral Ros San Sal Tal Tor Val Var Wal Wil Win".split()  # noqa: SIM905, E501
    middles = "a e i o ber den ding fer gan hen ing ken ler low man mer nes ran sing ter ton ver".split()  # noqa: SIM905
    ends = "berg by dale den der don er ett field ford ham ington ley lin man mond more nell o ra rick s sen ski son stein ston ton ville well wood worth".split()  # noqa: SIM905, E501
    while len(surnames) < 8000:
        surnames.add(dice.choice(starts) + dice.choice(middles) + dice.choice(ends))
    pool = sorted(surnames)
    Random(3).shuffle(pool)
    return pool


def _short_forms() -> dict[str, list[str]]:
    from nicknames import name_triplets

    forms: dict[str, list[str]] = {}
    for one in name_triplets():
        if len(one.name2) > 2:
            forms.setdefault(one.name1.lower(), []).append(one.name2)
    return {name: sorted(shorts) for name, shorts in forms.items()}


def _with(table: Any, **columns: list[Any]) -> Any:
    """The table with these columns in the place of its own."""
    for name, values in columns.items():
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, pa.array(values, table.schema.field(name).type))
    return table
