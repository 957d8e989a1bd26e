"""Holds a model against the reports that carry an id: of the pairs it gives a probability, how many are right?"""

from dataclasses import dataclass
from pathlib import Path

from cmfc.matching import scoring
from cmfc.matching.model import Model

BOUNDS = (0.0, 0.01, 0.1, 0.3, 0.6, 0.9, 0.99, 0.999, 1.0)


@dataclass(frozen=True)
class Bin:
    """Pairs with a probability from `low` to below `high`; `predicted` is their mean, `share_right` what came true."""

    low: float
    high: float
    pairs: int
    predicted: float
    share_right: float


def calibrate(checked: Path, as_of: int, model: Model) -> list[Bin]:
    """Scores every report that carries the id of a child on file, as if it did not.

    Args:
        checked: a night's accepted feeds.
        as_of: of that night, epoch seconds UTC.
        model: what is held against them.

    Returns:
        One row per bin that has pairs; none where no report carries an id.
    """
    cases = " ".join(f"WHEN probability < {high} THEN {n}" for n, high in enumerate(BOUNDS[1:]))
    with scoring.opened() as connection:
        scoring.lay_out(connection, checked, as_of, every_report=True)
        connection.execute(
            "CREATE TABLE truth AS SELECT 'le_reports:' || record_id AS report_id, child_id FROM le_reports"
            " WHERE child_id IN (SELECT child_id FROM children) UNION ALL SELECT 'ncmec_reports:' || record_id,"
            " child_id FROM ncmec_reports WHERE child_id IN (SELECT child_id FROM children)"
        )
        scoring.pair_up(connection, "r.unique_id IN (SELECT report_id FROM truth)")
        scoring.score(connection, model)
        rows = connection.execute(
            f"SELECT CASE {cases} ELSE {len(BOUNDS) - 2} END AS bin, count(*), round(avg(probability), 6),"
            " round(avg(CASE WHEN t.child_id IS NULL THEN 0.0 ELSE 1.0 END), 6)"
            " FROM scored AS s LEFT JOIN truth AS t ON t.report_id = s.report_id AND t.child_id = s.child_id"
            " GROUP BY bin ORDER BY bin"
        ).fetchall()
    return [Bin(BOUNDS[n], BOUNDS[n + 1], pairs, mean, right) for n, pairs, mean, right in rows]
