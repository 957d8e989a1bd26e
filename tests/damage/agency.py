"""An invented agency in which a known set of children is missing and nobody was told; canonical columns and codes.

Every child of the set stands as critical on an undamaged night. The shapes of the set differ in which feed holds the
row that could make the child look found or reported, so that a damage of any feed has something to hide:

* `absence`, `runaway`, `unknown`, `both`: an open absence, an open missing placement, or both; no report at all.
* `le_*`: NCMEC was told; the log of law enforcement holds a row that does not count (withdrawn, attempted, or of an
  earlier absence). Only LE-01 stands. `ncmec_*` the other way round.
* `seen_*`: a sighting that proves nothing (not verified, or over before the child went).
* `returned`, `contact`: work after an earlier return, contacts about an earlier absence.

The others are background: closed absences reported in time, other settings, other authorities, every column filled.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from random import Random

from cmfc.feeds.catalog import feeds

ZONE, JURISDICTION, NAME = "America/Chicago", "us/federal", "harrow"
NIGHTS = ("2026-03-03", "2026-03-04", "2026-03-05")
NOW = datetime(2026, 3, 3, 12)  # noqa: DTZ001 (a local clock of the agency)
SHAPES = (
    "absence", "runaway", "unknown", "both", "le_voided", "le_attempted", "le_past", "ncmec_voided", "ncmec_police",
    "ncmec_past", "seen_unverified", "seen_before", "returned", "contact",
)  # fmt: skip
SHARE = {"absence": 5, "runaway": 3, "unknown": 3} | {s: 2 for s in SHAPES if s.startswith(("le_", "ncmec_", "seen_"))}
"""How many of the set have a shape; one otherwise."""
WITNESS = {
    "children": ("absence", "runaway", "unknown"),
    "custody": ("absence", "runaway", "unknown"),
    "placements": ("runaway", "unknown"),
    "absences": ("absence",),
    "le_reports": ("le_voided", "le_attempted", "le_past"),
    "ncmec_reports": ("ncmec_voided", "ncmec_police", "ncmec_past"),
    "sightings": ("seen_unverified", "seen_before"),
    "contacts": ("contact",),
    "returns": ("returned",),
    "descriptions": ("contact",),
}
"""The shapes whose row of a feed is the one to damage."""
_SYLLABLES = [
    "ba",
    "be",
    "bi",
    "bo",
    "da",
    "de",
    "di",
    "do",
    "fa",
    "fe",
    "ga",
    "go",
    "ka",
    "ke",
    "ki",
    "la",
    "le",
    "li",
    "lo",
    "ma",
    "me",
    "mi",
    "mo",
    "na",
    "ne",
    "ni",
    "no",
    "pa",
    "pe",
    "ra",
    "re",
    "ri",
    "ro",
    "sa",
    "se",
    "ta",
    "te",
    "ti",
    "to",
    "va",
    "ve",
    "vi",
]
_COUNTIES = ("Adair", "Boone", "Clark", "Dade")

Row = dict[str, str]


@dataclass
class Agency:
    """Rows by feed and the set: child to shape. `target` gives the row of a feed that a damage of this child hits."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in feeds()})
    missing: dict[str, str] = field(default_factory=dict)
    target: dict[tuple[str, str], Row] = field(default_factory=dict)

    def of_shape(self, *shapes: str) -> list[str]:
        """The children of the set that have one of these shapes, the shapes taken in turn."""
        lists = [[child for child, shape in self.missing.items() if shape == expected] for expected in shapes]
        return [child for turn in range(max(map(len, lists))) for some in lists for child in some[turn : turn + 1]]


def plant(children: int, missing: int, seed: int = 7, shapes: Sequence[str] = ()) -> Agency:
    """An agency of so many children, so many of them missing, of these shapes or of all; its seed decides it."""
    agency, dice = Agency(), Random(seed)
    turns = cycle(shapes) if shapes else _shapes()
    for number in range(children):
        child = _Child(agency, dice, number)
        # The set is spread over the files, first and last rows included.
        if number * missing // children != (number - 1) * missing // children or number == 0:
            shape = next(turns)
            agency.missing[child.id] = shape
            child.goes_missing(shape)
        else:
            child.lives_on()
    return agency


def _shapes() -> Iterator[str]:
    turn = [shape for shape in SHAPES for _ in range(SHARE.get(shape, 1))]
    while True:
        yield from turn


class _Child:
    """Writes one child's rows."""

    def __init__(self, agency: Agency, dice: Random, number: int) -> None:
        self.agency, self.dice, self.number = agency, dice, number
        self.id = f"C{number:06d}"
        self.first, self.last = (_name(number * 7 + 3), _name(number * 11 + 1970))
        self.born = f"{2010 + number % 8}-{1 + number % 12:02d}-{1 + number % 27:02d}"
        self.sex = ("F", "M", "X", "U")[number % 4]
        self.count = 0
        self.row(
            "children", child_id=self.id, last_name=self.last, first_name=self.first, middle_name=_name(number),
            aliases=f"{_name(number + 5)};{_name(number + 9)}", date_of_birth=self.born, sex=self.sex,
            race=("A", "B", "W")[number % 3], ethnicity=("H", "N")[number % 2],
            county=_COUNTIES[number % 4], office=f"Office {number % 5}",
            caseworker_id=f"W{number % 60:03d}",
            state_id=f"S{number:06d}",
        )  # fmt: skip

    def goes_missing(self, shape: str) -> None:
        """Gone since some days, and nobody was told (but see the shapes)."""
        went = NOW - timedelta(days=4 + self.number % 15, hours=self.number % 7)
        self.custody("state_care", _days(went, -400))
        if shape in ("runaway", "unknown", "both"):
            self.placement("foster_home", _days(went, -300), went)
            setting = "whereabouts_unknown" if shape == "unknown" else "runaway"
            self.placement(setting, went, None, end_of_target=True)
        else:
            self.placement("foster_home", _days(went, -300), None)
        if shape not in ("runaway", "unknown"):
            self.absence("missing", went, None, is_target=True)
        if shape.startswith("le_"):
            self.ncmec_report(went, "agency")
            self.le_report_that_does_not_count(shape, went)
        if shape.startswith("ncmec_"):
            self.le_report(went, "accepted")
            self.ncmec_report_that_does_not_count(shape, went)
        if shape == "seen_unverified":
            # From before the run until a moment ago: were it verified, the child would only just have gone.
            self.sighting(_days(went, -2), NOW + timedelta(hours=12, minutes=30), "false", is_target=True)
        if shape == "seen_before":
            self.sighting(_days(went, -9), _days(went, -6), "true", is_target=True)
        if shape in ("returned", "contact"):
            self.earlier_absence(went, is_target=shape)
        if shape == "contact":
            self.description(went, is_target=True)

    def le_report_that_does_not_count(self, shape: str, went: datetime) -> None:
        if shape == "le_past":
            self.earlier_absence(went, is_target="le_reports")
        elif shape == "le_voided":
            self.le_report(went, "accepted", voided="true", is_target=True)
        else:
            self.le_report(went, "attempted", is_target=True)

    def ncmec_report_that_does_not_count(self, shape: str, went: datetime) -> None:
        if shape == "ncmec_past":
            self.earlier_absence(went, is_target="ncmec_reports")
        elif shape == "ncmec_voided":
            self.ncmec_report(went, "agency", voided="true", is_target=True)
        else:
            self.ncmec_report(went, "law_enforcement", is_target=True)

    def lives_on(self) -> None:
        """One of many ordinary lives; together they fill every feed and column."""
        began = NOW - timedelta(days=700 + self.number % 90)
        kinds = ("state_care", "state_care", "court_guardianship", "in_home", "tribal", "other_state")
        authority = kinds[self.number % len(kinds)]
        has_left = self.number % 6 == 0
        self.custody(authority, began, _days(NOW, -9) if has_left else None)
        settings = list(feeds()["placements"].columns["setting"].codes)
        setting = settings[self.number % len(settings)]
        if setting in ("runaway", "whereabouts_unknown", "unapproved_known"):
            setting = "foster_home"
        middle = NOW - timedelta(days=200 + self.number % 40)
        self.placement(setting, began, middle)
        self.placement("foster_home", middle, _days(NOW, -9) if has_left else None)
        if authority in ("state_care", "court_guardianship"):
            self.earlier_absence(_days(NOW, -10))
        elif self.number % 2:
            self.absence("planned", _days(NOW, -40), _days(NOW, -38), expected=_days(NOW, -38))
        else:
            self.absence("away_known", _days(NOW, -40), _days(NOW, -39))
        self.sighting(_days(NOW, -60), _days(NOW, -59), "true")
        if self.number % 3 == 0:
            self.contact("law_enforcement", _days(NOW, -70))
            self.description(_days(NOW, -50))

    def earlier_absence(self, before: datetime, is_target: str = "") -> None:
        """An absence that ended in a return, with everything done in time."""
        went, back = _days(before, -35), _days(before, -33)
        self.absence("missing", went, back, reason="returned")
        self.le_report(went, "accepted", back=back, is_target=is_target == "le_reports")
        self.ncmec_report(went, "agency", back=back, is_target=is_target == "ncmec_reports")
        self.contact("law_enforcement", _days(went, 1), is_target=is_target == "contact")
        self.contact("ncmec", _days(went, 1))
        self.row(
            "returns", is_target=is_target == "returned", return_id=self.key("R"), child_id=self.id,
            returned_at=_at(back), interviewed_at=_at(_days(back, 1)), screened_for_trafficking_at=_at(_days(back, 1)),
            trafficked=("true", "false")[self.number % 2],
            contributing_factors="quarrel at school",
        )  # fmt: skip

    def custody(self, authority: str, began: datetime, ended: datetime | None = None) -> None:
        self.row(
            "custody", is_target=True, custody_id=self.key("K"), child_id=self.id, authority=authority,
            began_at=_at(began), ended_at=_at(ended), end_reason="reunified" if ended else "",
            conservatorship=("temporary", "permanent")[self.number % 2],
        )  # fmt: skip

    def placement(self, setting: str, began: datetime, ended: datetime | None, end_of_target: bool = False) -> None:
        self.row(
            "placements", is_target=end_of_target, placement_id=self.key("P"), child_id=self.id, setting=setting,
            began_at=_at(began), ended_at=_at(ended), provider_id=f"V{self.number % 300:03d}",
            county=_COUNTIES[self.number % 3], entered_at=_at(began + timedelta(hours=3)), voided="false",
        )  # fmt: skip

    def absence(
        self, kind: str, went: datetime, back: datetime | None, reason: str = "returned",
        expected: datetime | None = None, is_target: bool = False,
    ) -> None:  # fmt: skip
        informed = went + timedelta(minutes=40)
        self.row(
            "absences", is_target=is_target, absence_id=self.key("A"), child_id=self.id, kind=kind,
            absent_since=_at(went), agency_informed_at=_at(informed), ended_at=_at(back), expected_end_at=_at(expected),
            end_reason=reason if back else "", reason="ran_away" if kind == "missing" else "other",
            entered_at=_at(informed + timedelta(hours=1)), voided="false",
        )  # fmt: skip

    def le_report(
        self, went: datetime, outcome: str, back: datetime | None = None, voided: str = "false",
        is_target: bool = False,
    ) -> None:  # fmt: skip
        at = went + timedelta(hours=2)
        self.row(
            "le_reports", is_target=is_target, le_report_id=self.key("L"), **self.person(), reported_at=_at(at),
            outcome=outcome, reporter="agency", agency_name="Adair County Sheriff",
            report_number=f"26-{self.number:05d}-{self.count}", missing_since=_at(went),
            ncic_number=f"M{self.number:09d}",
            ncic_entered_at=_at(at + timedelta(hours=1)), ncic_removed_at=_at(back and back + timedelta(hours=3)),
            ncic_removal_reason="located" if back else "", told_located_at=_at(back and back + timedelta(hours=2)),
            voided=voided,
        )  # fmt: skip

    def ncmec_report(
        self, went: datetime, source: str, back: datetime | None = None, voided: str = "false",
        is_target: bool = False,
    ) -> None:  # fmt: skip
        at = went + timedelta(hours=3)
        self.row(
            "ncmec_reports", is_target=is_target, ncmec_report_id=self.key("N"), **self.person(), reported_at=_at(at),
            channel="phone", source=source, ncmec_case_number=f"{1_200_000 + self.number}", missing_since=_at(went),
            le_agency="Adair County Sheriff", le_report_number=f"26-{self.number:05d}-{self.count - 1}",
            has_photo="true",
            has_description="true", has_circumstances="true", has_endangerments="true", has_guardian_contact="true",
            told_located_at=_at(back and back + timedelta(hours=2)), closed_at=_at(back and back + timedelta(hours=9)),
            voided=voided,
        )  # fmt: skip

    def sighting(self, since: datetime, until: datetime, verified: str, is_target: bool = False) -> None:
        self.row(
            "sightings", is_target=is_target, sighting_id=self.key("S"), child_id=self.id, known_from=_at(since),
            known_to=_at(until), basis="school", verified=verified,
        )  # fmt: skip

    def contact(self, party: str, at: datetime, is_target: bool = False) -> None:
        self.row(
            "contacts", is_target=is_target, contact_id=self.key("T"), child_id=self.id, party=party,
            contacted_at=_at(at), purpose="asked for news",
        )  # fmt: skip

    def description(self, at: datetime, is_target: bool = False) -> None:
        yes = ("true", "false")
        self.row(
            "descriptions", is_target=is_target, child_id=self.id, height=f"5 ft {self.number % 12} in",
            weight=f"{90 + self.number % 80} lb", hair="brown, short", eyes="green", marks="scar on the chin",
            photo_on_file=yes[self.number % 2], phone=f"555-01{self.number % 100:02d}", last_seen_place="bus station",
            last_seen_with="an older cousin", clothing="grey sweater", medications="inhaler",
            suicidal=yes[self.number % 2], pregnant="false", trafficking_risk=yes[self.number % 2], gang="false",
            parents="mother, in the case file", updated_at=_at(at + timedelta(hours=2)),
        )  # fmt: skip

    def person(self) -> Row:
        return {"child_id": self.id, "first_name": self.first, "last_name": self.last, "date_of_birth": self.born,
                "sex": self.sex}  # fmt: skip

    def key(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.number:06d}{self.count:02d}"

    def row(self, feed: str, is_target: bool = False, **values: str) -> None:
        row = {name: values[name] for name in feeds()[feed].columns}  # a new column fails here until it is planted
        self.agency.rows[feed].append(row)
        if is_target or feed == "children":
            self.agency.target[feed, self.id] = row


def _name(number: int) -> str:
    size = len(_SYLLABLES)
    parts = (number % size, number // size % size, (number * 13 + 5) % size)
    return "".join(_SYLLABLES[part] for part in parts).capitalize()


def _days(moment: datetime, days: int) -> datetime:
    return moment + timedelta(days=days)


def _at(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S") if moment else ""
