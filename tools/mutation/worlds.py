"""The cheapest judge: the nights of random worlds that tests/property has, with the oracle's answers asked for once."""

import pickle
import random
from dataclasses import replace
from pathlib import Path


def prepare(folder: Path) -> None:
    """Draws the nights and asks the oracle, with the code as it is; the core is not run."""
    from tests.oracle.answer import answer
    from tests.oracle.law_files import law_at
    from tests.oracle.laws import STATE, write_law
    from tests.property.test_against_oracle import FIRST_DRAWN, NIGHTS, WORLDS, many_worlds

    nights = []
    for seed in (*range(NIGHTS), *range(FIRST_DRAWN, FIRST_DRAWN + NIGHTS)):
        feeds, night = many_worlds(seed, WORLDS)
        law = None
        if seed >= FIRST_DRAWN:
            law = write_law(random.Random(seed), night.date_of(night.as_of), folder / str(seed))
            night = replace(night, jurisdiction=STATE)
            with law_at(law):
                expected = answer(feeds, night)
        else:
            expected = answer(feeds, night)
        nights.append((feeds, night, law, expected))
    (folder / "worlds.pickle").write_bytes(pickle.dumps(nights))


def disagreement(folder: Path, scratch: Path) -> str | None:
    """The first difference between the core and the oracle, in words; None where they agree."""
    from contextlib import nullcontext

    from tests.oracle.compare import differences
    from tests.oracle.core import read_answer, run_core
    from tests.oracle.law_files import law_at

    for number, (feeds, night, law, expected) in enumerate(pickle.loads((folder / "worlds.pickle").read_bytes())):
        with law_at(law) if law else nullcontext():
            core = read_answer(run_core(feeds, night, scratch / str(number)))
        names = {e: row["child_id"] for side in (core, expected) for e, row in side.episodes.items()}
        if wrong := differences(expected, core, names):
            return f"night {number}: {len(wrong)} children"
    return None
