"""The benchmark's records as one long pandas frame, for both pandas peers (spec 2.1, 2.2 rule 1).

What the peers leave out, and the benchmark's records therefore do not contain: sightings, errors, voided rows,
`missing_since`, custody that changes, children of 21 or more, a stitching gap.
"""

from pathlib import Path

import pandas as pd

from benchmarks.records import AS_OF

DAY = 86400
LIMITS = {"verdict": 24 * 3600, "state_verdict": 2 * 3600}
"""The federal limit, and Missouri's since 2023-08-28: both run from when the agency was informed. All of these records
are younger, and every child is in state care."""
NEVER = 1 << 60
"""Stands for a null time, so that times stay whole numbers."""

RESULT = [
    "child_id", "began_earliest", "began_latest", "ended_earliest", "ended_latest",
    "le_verdict", "le_state_verdict", "ncmec_verdict", "ncmec_state_verdict",
]  # fmt: skip
"""One row per episode: both duties to report, in the federal and in the state's view."""
FOUND = ["returned", "located", "whereabouts_established"]
TIMES = ["began", "ended", "informed", "entered"]
LE_COUNTS = ["accepted", "refused", "told_to_wait"]


def capped(frame: pd.DataFrame, column: str) -> tuple[pd.Series, pd.Series]:
    """Both ends of a moment as of the night; NEVER where it has not happened."""
    earliest, latest = frame[f"{column}_earliest"], frame[f"{column}_latest"]
    has_happened = earliest.le(AS_OF).fillna(False)
    ends = (earliest.where(has_happened), latest.clip(upper=AS_OF).where(has_happened))
    return tuple(end.fillna(NEVER).astype("int64") for end in ends)  # type: ignore[return-value]


def _read(folder: Path, feed: str, moments: dict[str, str], others: list[str]) -> pd.DataFrame:
    names = [f"{column}_{end}" for column in moments for end in ("earliest", "latest")]
    raw = pd.read_parquet(folder / f"{feed}.parquet", columns=["child_id", *others, *names])
    for name in TIMES:
        raw[f"{name}_e"] = raw[f"{name}_l"] = NEVER
    for column, name in moments.items():
        raw[f"{name}_e"], raw[f"{name}_l"] = capped(raw, column)
    return raw.drop(columns=names).loc[lambda f: f["began_e"] < NEVER]


def _absences(folder: Path) -> pd.DataFrame:
    moments = {
        "absent_since": "began",
        "ended_at": "ended",
        "agency_informed_at": "informed",
        "entered_at": "entered",
    }
    frame = _read(folder, "absences", moments, ["absence_id", "kind", "end_reason"])
    frame = frame[frame["kind"].eq("missing") & frame["end_reason"].ne("error")].rename(columns={"absence_id": "id"})
    frame["is_found"] = frame["end_reason"].isin(FOUND) & frame["ended_e"].lt(NEVER)
    return frame.drop(columns=["kind", "end_reason"]).assign(feed="absence")


def _placements(folder: Path) -> pd.DataFrame:
    moments = {"began_at": "began", "ended_at": "ended", "entered_at": "entered"}
    frame = _read(folder, "placements", moments, ["placement_id", "setting"]).rename(columns={"placement_id": "id"})
    frame = frame[frame["setting"].isin(["runaway", "whereabouts_unknown"])]
    return frame.drop(columns="setting").assign(feed="placement", is_found=False)


def _reports(folder: Path) -> pd.DataFrame:
    le = _read(folder, "le_reports", {"reported_at": "began"}, ["le_report_id", "outcome", "reporter"])
    le = le.assign(feed="le", counts=le["outcome"].isin(LE_COUNTS), by_agency=le["reporter"].eq("agency"))
    ncmec = _read(folder, "ncmec_reports", {"reported_at": "began"}, ["ncmec_report_id", "source"])
    by_agency = ncmec["source"].eq("agency").fillna(False)
    ncmec = ncmec.assign(feed="ncmec", counts=by_agency | ncmec["source"].isna(), by_agency=by_agency)
    le = le.rename(columns={"le_report_id": "id"}).drop(columns=["outcome", "reporter"])
    return pd.concat([le, ncmec.rename(columns={"ncmec_report_id": "id"}).drop(columns="source")], ignore_index=True)


def load(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Evidence rows (absences, missing placements) and reports of both kinds."""
    evidence = pd.concat([_absences(folder), _placements(folder)], ignore_index=True)
    return evidence, _reports(folder)
