"""The pandas peer that an analyst writes first: groupby child, then plain Python per child (spec 2.2, 4.2)."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.peer_records import DAY, LIMITS, NEVER, RESULT, load
from benchmarks.records import AS_OF

Row = dict[str, Any]


def judge(folder: Path) -> pd.DataFrame:
    """One row per episode: child, begin, end and the verdicts on both duties in both views."""
    evidence, reports = load(folder)
    frame = pd.concat([evidence, reports[reports["child_id"].isin(evidence["child_id"])]], ignore_index=True)
    judged: list[tuple[Any, ...]] = []
    records = [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
    for child_id, places in frame.groupby("child_id").indices.items():
        judged.extend((child_id, *episode) for episode in judge_child([records[i] for i in places]))
    return pd.DataFrame(judged, columns=RESULT)


def judge_child(rows: list[Row]) -> Iterable[tuple[Any, ...]]:
    """All episodes of one child."""
    evidence = cut([row for row in rows if row["feed"] in ("absence", "placement")])
    episodes = stitch(sorted(evidence, key=_order))
    for row in rows:
        if row["feed"] in ("le", "ncmec"):
            assign(row, episodes)
    for episode in episodes:
        informed = inform(episode)
        verdicts = [verdict(episode, informed, feed, limit) for feed in ("le", "ncmec") for limit in LIMITS.values()]
        ended = (episode["ended_e"], episode["ended_l"])
        yield (episode["began_e"], episode["began_l"], *ended, *verdicts)


def _order(row: Row) -> tuple[Any, ...]:
    return (row["began_e"], row["began_l"], row["feed"], row["id"])


def cut(rows: list[Row]) -> list[Row]:
    """Placements end at the first find in them (2.2 rule 2)."""
    finds = sorted((row["ended_e"], row["ended_l"]) for row in rows if row["is_found"])
    for row in rows:
        if row["feed"] == "placement":
            for earliest, latest in finds:
                if row["began_e"] <= earliest and latest < row["ended_e"]:
                    row["ended_e"], row["ended_l"], row["is_found"] = earliest, latest, True
                    break
    return rows


def stitch(rows: list[Row]) -> list[Row]:
    """Rows that surely overlap, or touch one that ended without a find, are one episode (2.2 rule 3)."""
    episodes: list[Row] = []
    surely = touching = -NEVER
    for row in rows:
        if row["began_l"] < surely or row["began_e"] <= touching:
            episodes[-1]["rows"].append(row)
        else:
            episodes.append({"began_e": row["began_e"], "began_l": row["began_l"], "rows": [row], "reports": []})
        surely = max(surely, row["ended_e"])
        if not row["is_found"]:
            touching = max(touching, row["ended_l"])
    for episode in episodes:
        last = min(episode["rows"], key=lambda row: (-row["ended_l"], row["feed"], row["id"]))
        episode["ended_e"], episode["ended_l"] = last["ended_e"], last["ended_l"]
    return episodes


def assign(report: Row, episodes: list[Row]) -> None:
    """Rules 2 to 4 of 4.2; `is_ambiguous` where it meets several episodes."""
    earliest, latest = report["began_e"], report["began_l"]
    met = [e for e in episodes if e["began_e"] <= latest and earliest <= e["ended_l"]]
    soon = [e for e in episodes if latest < e["began_e"] <= latest + DAY]
    past = [e for e in episodes if e["ended_l"] < earliest <= e["ended_l"] + 30 * DAY]
    report["is_ambiguous"] = len(met) > 1
    if met:
        met[-1]["reports"].append(report)
    elif soon:
        soon[0]["reports"].append(report)
    elif past:
        max(reversed(past), key=lambda e: e["ended_l"])["reports"].append(report)


def inform(episode: Row) -> tuple[int, int]:
    """The clock's start in its first three steps (2.2)."""
    began, until = episode["began_e"], episode["began_l"]
    moments = [(row["informed_e"], row["informed_l"]) for row in episode["rows"] if row["informed_e"] < NEVER]
    earliest, latest = min(moments, default=(began, AS_OF))
    earliest, latest = (max(earliest, began), latest) if latest >= began else (earliest, until)
    proof = [row["entered_l"] for row in episode["rows"]]
    proof += [report["began_l"] for report in episode["reports"] if report["by_agency"]]
    cap = min(proof)
    if cap < earliest:
        return min(began, cap), cap
    return earliest, min(latest, cap)


def verdict(episode: Row, informed: tuple[int, int], feed: str, limit: int) -> str:
    """A limit in elapsed time (2.1)."""
    counted = [r for r in episode["reports"] if r["feed"] == feed and r["counts"]]
    if not counted:
        return _not_reported(episode, informed, limit)
    report = min(counted, key=lambda r: (r["began_e"], r["began_l"], r["id"]))
    if report["began_l"] - informed[0] <= limit:
        return "undetermined" if report["is_ambiguous"] else "met"
    return "late" if report["began_e"] - informed[1] > limit else "undetermined"


def _not_reported(episode: Row, informed: tuple[int, int], limit: int) -> str:
    if episode["ended_l"] <= informed[0] + limit:
        return "ended_first"
    if AS_OF - informed[1] > limit:
        return "missing"
    return "pending" if AS_OF - informed[0] <= limit else "undetermined"
