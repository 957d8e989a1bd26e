"""The records about episodes: both logs of reports, contacts while missing and the work after a return."""

import numpy as np

from cmfc.timing.zones import Ints
from cmfc_demo.synthetic import names
from cmfc_demo.synthetic.clock import DAY, HOUR, MINUTE, NEVER
from cmfc_demo.synthetic.columns import Days, Drawn, Numbers, Times, Truths, Words
from cmfc_demo.synthetic.episodes import Episodes
from cmfc_demo.synthetic.people import People, child_ids
from cmfc_demo.synthetic.reporting import Reporting, lots_of

Random = np.random.Generator
LE_OUTCOMES = ("accepted", "refused", "told_to_wait", "attempted")
REMOVALS = ("located", "age", "cancelled", "other")
SOURCES = ("agency", "law_enforcement", "parent", "other")
CONTACT_EVERY, CONTACTS_AT_MOST = 25 * DAY, 60


def le_columns(
    random: Random, people: People, runs: Episodes, reporting: Reporting, as_of: int, is_clean: bool
) -> Drawn:
    """The log of reports to law enforcement; siblings that ran together share a report number."""
    at = np.flatnonzero(reporting.to_le.at < NEVER)
    count, reported, child = len(at), reporting.to_le.at[at], runs.child[at]
    over = np.maximum(runs.ended[at], reported)  # a report made after the return tells of the return as well
    outcome = np.where(lots_of(random, count, is_clean, 0.03), random.integers(1, 4, count), 0)
    entered = reported + random.integers(5 * MINUTE, 55 * MINUTE, count)
    entered = np.where(
        lots_of(random, count, is_clean, 0.06), reported + random.integers(3 * HOUR, 30 * HOUR, count), entered
    )
    has_no_entry = lots_of(random, count, is_clean, 0.04) | (outcome != 0)
    is_untimed = lots_of(random, count, is_clean, 0.05)
    removed = over + random.integers(HOUR, 20 * HOUR, count)
    removed = np.where(lots_of(random, count, is_clean, 0.05) | has_no_entry, NEVER, _happened(removed, as_of))
    has_no_number = lots_of(random, count, is_clean, 0.05)
    has_no_agency = lots_of(random, count, is_clean, 0.02)
    is_untold = lots_of(random, count, is_clean, 0.12)
    return {
        "le_report_id": Numbers("L", runs.key[at], 9),
        **_identity(random, people, child, is_clean),
        "reported_at": Times(reported, reporting.to_le.is_day[at]),
        "outcome": Words(outcome, LE_OUTCOMES),
        "reporter": Words(np.where(lots_of(random, count, is_clean, 0.12), 1, 0), ("agency", "caregiver")),
        "agency_name": Words(np.where(has_no_agency, -1, people.county[child] % len(names.POLICE)), names.POLICE),
        "report_number": Numbers("MO-", runs.shared[at], 9, has_no_number),
        "missing_since": Times(np.where(lots_of(random, count, is_clean, 0.1), NEVER, runs.began[at])),
        "ncic_number": Numbers("M", runs.key[at], 9, has_no_entry),
        "ncic_entered_at": Times(_happened(np.where(has_no_entry | is_untimed, NEVER, entered), as_of)),
        "ncic_removed_at": Times(removed),
        "ncic_removal_reason": Words(np.where(removed < NEVER, 0, -1), REMOVALS),
        "told_located_at": Times(
            np.where(is_untold, NEVER, _happened(over + random.integers(12 * MINUTE, 10 * HOUR, count), as_of))
        ),
        "voided": Truths(np.full(count, -1, dtype=np.int8)),
    }  # fmt: skip


def ncmec_columns(
    random: Random, people: People, runs: Episodes, reporting: Reporting, as_of: int, is_clean: bool
) -> Drawn:
    """The log of reports to NCMEC."""
    at = np.flatnonzero(reporting.to_ncmec.at < NEVER)
    count, child, over = len(at), runs.child[at], np.maximum(runs.ended[at], reporting.to_ncmec.at[at])
    closed = _happened(over + random.integers(30 * MINUTE, 12 * HOUR, count), as_of)
    closed = np.where(lots_of(random, count, is_clean, 0.2), NEVER, closed)
    source = np.where(lots_of(random, count, is_clean, 0.05), 1, 0)
    source = np.where(lots_of(random, count, is_clean, 0.03), -1, source)
    has_le = reporting.to_le.at[at] < NEVER
    flags = {
        name: Truths(_recorded(random, count, is_clean, rate))
        for name, rate in (
            ("has_photo", 0.15), ("has_description", 0.05), ("has_circumstances", 0.06), ("has_endangerments", 0.12),
            ("has_guardian_contact", 0.08),
        )
    }  # fmt: skip
    return {
        "ncmec_report_id": Numbers("N", runs.key[at], 9),
        **_identity(random, people, child, is_clean),
        "reported_at": Times(reporting.to_ncmec.at[at], reporting.to_ncmec.is_day[at]),
        "channel": Words(random.choice(3, size=count, p=[0.35, 0.6, 0.05]), ("phone", "online", "system")),
        "source": Words(source, SOURCES),
        "ncmec_case_number": Numbers("", runs.key[at], 9),
        "missing_since": Times(np.where(lots_of(random, count, is_clean, 0.1), NEVER, runs.began[at])),
        "le_agency": Words(np.where(has_le, people.county[child] % len(names.POLICE), -1), names.POLICE),
        "le_report_number": Numbers("MO-", runs.shared[at], 9, ~has_le),
        **flags,
        "told_located_at": Times(closed),
        "closed_at": Times(_happened(np.where(closed < NEVER, closed + 3 * HOUR, NEVER), as_of)),
        "voided": Truths(np.full(count, -1, dtype=np.int8)),
    }


def contact_columns(
    random: Random, people: People, runs: Episodes, reporting: Reporting, as_of: int, is_clean: bool
) -> Drawn:
    """A contact with each recipient every 25 days while the child is missing."""
    until = np.minimum(runs.ended, as_of)
    places, instants, parties = [], [], []
    for party, sent in enumerate((reporting.to_le, reporting.to_ncmec)):
        at = np.flatnonzero((sent.at < NEVER) & ~lots_of(random, len(sent.at), is_clean, 0.3))
        times = np.clip((until[at] - sent.at[at]) // CONTACT_EVERY, 0, CONTACTS_AT_MOST)
        place = np.repeat(at, times)
        nth = np.arange(len(place)) - np.repeat(np.cumsum(times) - times, times) + 1
        places.append(place)
        instants.append(sent.at[place] + nth * CONTACT_EVERY)
        parties.append(np.full(len(place), party))
    place, instant, party_of = (np.concatenate(parts) for parts in (places, instants, parties))
    order = np.lexsort((party_of, instant, place))
    place, instant, party_of = place[order], instant[order], party_of[order]
    nth = np.arange(len(place)) - np.searchsorted(place, place)
    return {
        "contact_id": Numbers("T", runs.key[place] * 128 + nth, 11),
        "child_id": child_ids(people, runs.child[place]),
        "party": Words(party_of, ("law_enforcement", "ncmec")),
        "contacted_at": Times(instant),
        "purpose": Words(np.zeros(len(place), dtype=np.int64), ("still missing",)),
    }


def return_columns(random: Random, people: People, runs: Episodes, as_of: int, is_clean: bool) -> Drawn:
    """The work after each return: interview and screening."""
    at = np.flatnonzero((runs.ended < NEVER) & ~lots_of(random, len(runs.child), is_clean, 0.1))
    count, ended = len(at), runs.ended[at]
    interviewed = _happened(ended + random.integers(HOUR, 60 * HOUR, count), as_of)
    screened = _happened(ended + random.integers(HOUR, 70 * HOUR, count), as_of)
    factors = ("conflict in the placement", "wanted to see family", "peers", "school", "not said")
    return {
        "return_id": Numbers("R", runs.key[at], 9),
        "child_id": child_ids(people, runs.child[at]),
        "returned_at": Times(ended),
        "interviewed_at": Times(np.where(lots_of(random, count, is_clean, 0.2), NEVER, interviewed)),
        "screened_for_trafficking_at": Times(np.where(lots_of(random, count, is_clean, 0.45), NEVER, screened)),
        "contributing_factors": Words(random.integers(len(factors), size=count), factors),
    }


def _identity(random: Random, people: People, child: Ints, is_clean: bool) -> Drawn:
    """Whom the log names; where defects are drawn some rows lack the id, and some of those are mistyped."""
    count = len(child)
    has_no_id = lots_of(random, count, is_clean, 0.04)
    is_wrong = has_no_id & (random.random(count) < 0.3)
    born = people.born[child] + np.where(is_wrong, random.integers(-1, 2, count) * 1, 0)
    first = np.where(is_wrong & (random.random(count) < 0.3), -1, people.first[child])
    ids = child_ids(people, child)
    return {
        "child_id": Numbers(ids.prefix, ids.number, ids.width, has_no_id),
        "first_name": Words(first, names.FIRST),
        "last_name": Words(people.last[child], names.LAST),
        "date_of_birth": Days(born, people.is_birth_unknown[child]),
        "sex": Words(people.sex[child], ("F", "M", "X", "U")),
    }


def _recorded(random: Random, count: int, is_clean: bool, rate: float) -> "np.typing.NDArray[np.int8]":
    """1 recorded, 0 recorded as not given, -1 not recorded."""
    is_absent, is_silent = (lots_of(random, count, is_clean, share) for share in (rate, rate))
    return np.where(is_silent, -1, np.where(is_absent, 0, 1)).astype(np.int8)


def _happened(instants: Ints, as_of: int) -> Ints:
    """What had not happened by as_of is not on record."""
    return np.where(instants > as_of, NEVER, instants)
