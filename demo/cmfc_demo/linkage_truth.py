"""Matching held against known truth: an invented agency whose logs carry no ids (cmfc_demo.synthetic.strays)."""

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from cmfc.matching.match import match
from cmfc.matching.model import load_model
from cmfc_demo.synthetic.strays import draw_strays

AS_OF = 1_790_000_000


@dataclass(frozen=True)
class Held:
    """Counts over the reports of one agency, or of several.

    Attributes:
        reports, on_file: all, and those about a child on file.
        right: automatic links to the child whom the report is about.
        asked_right: questions that name that child.
        questions: reports put before a person.
        wrong: automatic links to another child: which, and how each field compared. No names.
        hidden: of those, links that make a child look reported who was missing and of whom no report was made.
    """

    reports: int
    on_file: int
    right: int
    asked_right: int
    questions: int
    wrong: tuple[str, ...]
    hidden: int

    def __add__(self, other: "Held") -> "Held":
        """The counts of both together."""
        return Held(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def recall(self) -> float:
        """Share of the reports about a child on file that are linked to it by nobody's help."""
        return self.right / self.on_file

    @property
    def recall_with_questions(self) -> float:
        """Share that is linked rightly, or for which the right child is among those asked about."""
        return (self.right + self.asked_right) / self.on_file


NOTHING = Held(0, 0, 0, 0, 0, (), 0)


def hold(children: int, seed: int, noise: str, most_reports: int | None = None) -> Held:
    """Draw an agency, match its reports and count."""
    strays = draw_strays(children, seed, AS_OF, noise, most_reports=most_reports)
    with tempfile.TemporaryDirectory(prefix="cmfc-truth-") as folder:
        checked = Path(folder, "checked")
        checked.mkdir()
        for name, table in strays.feeds.items():
            pq.write_table(table, checked / f"{name}.parquet")
        match(checked, Path(folder, "out"), AS_OF, load_model("default"))
        rows = pq.read_table(Path(folder, "out", "matches.parquet")).to_pylist()
    reported = {(key.split(":")[0], child) for key, child in strays.truth.items() if child}
    absent = set(strays.feeds["absences"]["child_id"].to_pylist())
    counted: Counter[str] = Counter()
    wrong = []
    for row in rows:
        about = strays.truth[f"{row['feed']}:{row['report_id']}"]
        if row["method"] == "probable" and row["child_id"] == about:
            counted["right"] += 1
        elif row["method"] == "probable":
            child = row["child_id"]
            counted["hidden"] += child in absent and (row["feed"], child) not in reported
            wrong.append(f"seed {seed}, about {'another child' if about else 'nobody'} on file: {row}")
        elif row["method"] == "candidate":
            counted["questions"] += row["place"] == 1
            counted["asked"] += row["child_id"] == about
    on_file = sum(about is not None for about in strays.truth.values())
    return Held(len(strays.truth), on_file, counted["right"], counted["asked"], counted["questions"], tuple(wrong),
                counted["hidden"])  # fmt: skip
