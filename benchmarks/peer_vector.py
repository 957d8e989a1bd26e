"""The pandas peer that an expert writes: whole columns, sorts, merges and window maxima (spec 2.2, 4.2)."""

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.peer_records import DAY, LIMITS, NEVER, RESULT, load
from benchmarks.records import AS_OF


def judge(folder: Path) -> pd.DataFrame:
    """One row per episode: child, begin, end and the verdicts on both duties in both views."""
    evidence, reports = load(folder)
    rows = stitched(cut(evidence))
    episodes = spans(rows)
    assigned = assign(reports, episodes)
    informed(episodes, rows, assigned)
    for feed in ("le", "ncmec"):
        counted = assigned[assigned["feed"].eq(feed) & assigned["counts"]]
        for view, limit in LIMITS.items():
            episodes[f"{feed}_{view}"] = verdicts(episodes, counted, limit)
    names = dict(zip(["began_e", "began_l", "ended_e", "ended_l"], RESULT[1:5], strict=True))
    return episodes.rename(columns=names)[RESULT]


def cut(evidence: pd.DataFrame) -> pd.DataFrame:
    """Placements end at the first find in them (2.2 rule 2)."""
    finds = evidence.loc[evidence["is_found"], ["child_id", "ended_e", "ended_l"]]
    finds = finds.rename(columns={"ended_e": "find_e", "ended_l": "find_l"})
    placed = evidence.loc[evidence["feed"].eq("placement"), ["child_id", "id", "began_e", "ended_e"]]
    both = placed.reset_index().merge(finds, on="child_id")
    both = both[(both["began_e"] <= both["find_e"]) & (both["find_l"] < both["ended_e"])]
    first = both.sort_values(["find_e", "find_l"], kind="stable").drop_duplicates("index").set_index("index")
    evidence.loc[first.index, "ended_e"] = first["find_e"]
    evidence.loc[first.index, "ended_l"] = first["find_l"]
    evidence.loc[first.index, "is_found"] = True
    return evidence


def stitched(evidence: pd.DataFrame) -> pd.DataFrame:
    """Rows in order, each with the number of its episode (2.2 rule 3)."""
    rows = evidence.sort_values(["child_id", "began_e", "began_l", "feed", "id"], ignore_index=True)
    child = rows["child_id"]
    is_first = child.ne(child.shift())
    unfound_end = rows["ended_l"].where(~rows["is_found"], -NEVER)
    surely = rows["ended_e"].groupby(child, sort=False).cummax().shift(fill_value=-NEVER)
    touching = unfound_end.groupby(child, sort=False).cummax().shift(fill_value=-NEVER)
    goes_on = ~is_first & (rows["began_l"].lt(surely) | rows["began_e"].le(touching))
    return rows.assign(span=(~goes_on).cumsum())


def spans(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per episode, in the order of stitching."""
    episodes = rows.drop_duplicates("span")[["span", "child_id", "began_e", "began_l"]].set_index("span")
    by_end = rows.sort_values(["span", "ended_l", "feed", "id"], ascending=[True, False, True, True])
    last = by_end.drop_duplicates("span").set_index("span")
    return episodes.join(last[["ended_e", "ended_l"]])


def assign(reports: pd.DataFrame, episodes: pd.DataFrame) -> pd.DataFrame:
    """Each report with its episode, by rules 2 to 4 of 4.2; `is_ambiguous` where it meets several."""
    ends = episodes.reset_index()[["span", "child_id", "began_e", "ended_l"]]
    names = {"began_e": "reported_e", "began_l": "reported_l"}
    pairs = reports[["child_id", "feed", "id", "counts", "by_agency", "began_e", "began_l"]].rename(columns=names)
    pairs = pairs.merge(ends, on="child_id")
    met = (pairs["began_e"] <= pairs["reported_l"]) & (pairs["reported_e"] <= pairs["ended_l"])
    wait, since = pairs["began_e"] - pairs["reported_l"], pairs["reported_e"] - pairs["ended_l"]
    rules = [met, wait.gt(0) & wait.le(DAY), since.gt(0) & since.le(30 * DAY)]
    pairs["rule"] = np.select(rules, [2, 3, 4], 5)
    pairs["first"] = np.select(rules, [-pairs["span"], pairs["span"], -pairs["ended_l"]], 0)
    pairs["is_ambiguous"] = met.groupby([pairs["feed"], pairs["id"]]).transform("sum").gt(1)
    pairs = pairs[pairs["rule"].lt(5)].assign(later=-pairs["span"])
    return pairs.sort_values(["rule", "first", "later"], kind="stable").drop_duplicates(["feed", "id"])


def informed(episodes: pd.DataFrame, rows: pd.DataFrame, assigned: pd.DataFrame) -> None:
    """Add the clock's start in its first three steps (2.2)."""
    dated = rows[rows["informed_e"].lt(NEVER)].sort_values(["span", "informed_e", "informed_l"])
    dated = dated.drop_duplicates("span").set_index("span")
    earliest = dated["informed_e"].reindex(episodes.index).fillna(episodes["began_e"]).astype("int64")
    latest = dated["informed_l"].reindex(episodes.index).fillna(AS_OF).astype("int64")
    is_before = latest < episodes["began_e"]
    earliest = earliest.where(is_before, earliest.clip(lower=episodes["began_e"]))
    latest = latest.where(~is_before, episodes["began_l"])
    entered = rows.groupby("span")["entered_l"].min()
    reported = assigned[assigned["by_agency"]].groupby("span")["reported_l"].min()
    cap = entered.clip(upper=reported.reindex(episodes.index).fillna(NEVER).astype("int64"))
    begin = episodes["began_e"].clip(upper=cap)
    episodes["informed_e"] = earliest.where(cap.ge(earliest), begin)
    episodes["informed_l"] = np.minimum(latest, cap)


def verdicts(episodes: pd.DataFrame, counted: pd.DataFrame, limit: int) -> pd.Series:
    """A limit in elapsed time (2.1)."""
    first = counted.sort_values(["reported_e", "reported_l", "id"]).drop_duplicates("span").set_index("span")
    done = first[["reported_e", "reported_l", "is_ambiguous"]].reindex(episodes.index)
    is_done, is_ambiguous = done["reported_e"].notna(), done["is_ambiguous"].eq(True)
    start, until = episodes["informed_e"], episodes["informed_l"]
    is_met = done["reported_l"] - start <= limit
    named = {
        "met": is_done & is_met & ~is_ambiguous,
        "late": is_done & ~is_met & (done["reported_e"] - until > limit),
        "undetermined": is_done,
        "ended_first": episodes["ended_l"] <= start + limit,
        "missing": AS_OF - until > limit,
        "pending": AS_OF - start <= limit,
    }
    return pd.Series(np.select(list(named.values()), list(named), "undetermined"), index=episodes.index)
