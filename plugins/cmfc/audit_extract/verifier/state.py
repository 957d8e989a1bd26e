"""Checks a state's extract: which children and episodes are one, and that lines follow from those of the agencies."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Dict, List, Optional, Tuple

from cmfc.audit_extract.verifier.clock import day_number
from cmfc.audit_extract.verifier.lines import Setting, wrong_lines
from cmfc.audit_extract.verifier.reading import Package, Row
from cmfc.audit_extract.verifier.tables import Context

Member = Tuple[str, str]
HANDED_OVER = ("exited_care", "not_recorded")
FIRST_OF_ANY = (
    "began_earliest", "began_latest", "learned_earliest", "learned_latest", "le_reported_earliest",
    "le_reported_latest", "ncmec_reported_earliest", "ncmec_reported_latest", "le_sure_earliest",
    "le_sure_latest", "ncmec_sure_earliest",
    "ncmec_sure_latest", "le_told_earliest", "le_told_latest", "ncmec_told_earliest", "ncmec_told_latest",
    "ncic_accepted_earliest", "ncic_accepted_latest", "ncic_entered_earliest", "ncic_entered_latest",
)  # fmt: skip
OWN = ("nth_of_child", "county_size", "child", "agency", "agencies")
"""Columns that are the state's own on a line that one agency alone has."""


class Groups:
    """Which children are one with which."""

    def __init__(self) -> None:
        self._parents: Dict[Member, Member] = {}
        self._groups: Dict[Member, List[Member]] = {}

    def head(self, member: Member) -> Member:
        """One member that stands for its group."""
        while self._parents.get(member, member) != member:
            member = self._parents[member]
        return member

    def join(self, members: List[Member]) -> None:
        """Make one group of several members."""
        first, whole = self.head(members[0]), self.together(members)
        for member in members:
            self._groups.pop(self.head(member), None)
            self._parents[self.head(member)] = first
        self._groups[first] = whole

    def together(self, members: List[Member]) -> List[Member]:
        """All who would be one if these were."""
        heads = {self.head(member) for member in members}
        return [member for head in sorted(heads) for member in self._groups.get(head, [head])]

    def listed(self) -> List[List[Member]]:
        """Every group."""
        return list(self._groups.values())


def joined_children(package: Package) -> Dict[Member, str]:
    """The state's child of every child that is joined, made again from children.csv."""
    children = {(row["agency"], row["child"]): row for row in package.table("children")}
    missed = {(line["agency"], line["child"]) for line in package.table("agency_lines")}
    groups = Groups()
    for part in ("state_child", "name_birth"):
        alike: Dict[str, List[Member]] = defaultdict(list)
        for member, row in children.items():
            alike[row[part]].append(member)
        for value, members in sorted(alike.items()):
            ids = {children[m]["state_child"] for m in members} - {""}
            persons = {(m[0], children[m]["state_child"] or m[1]) for m in groups.together(members) if m in missed}
            is_told_apart = len(persons) > len({agency for agency, _ in persons})  # by an agency that missed both
            if value and len(members) > 1 and len(ids) < 2 and not (is_told_apart and part == "name_birth"):
                groups.join(members)
    named = {}
    for members in groups.listed():
        ids_of_group = sorted({children[m]["state_child"] for m in members} - {""})
        named.update(dict.fromkeys(members, ids_of_group[0] if ids_of_group else min(child for _, child in members)))
    return named


def joined_episodes(package: Package, named: Dict[Member, str]) -> List[List[Row]]:
    """Groups of lines of different agencies that are one episode, made again from agency_lines.csv."""
    lines = [line for line in package.table("agency_lines") if (line["agency"], line["child"]) in named]
    lines.sort(key=lambda r: (named[r["agency"], r["child"]], r["began_earliest"], r["agency"], r["episode"]))
    groups: List[List[Row]] = []
    previous = ""
    for line in lines:
        child = named[line["agency"], line["child"]]
        if groups and child == previous and _belongs(groups[-1], line):
            groups[-1].append(line)
        else:
            groups.append([line])
        previous = child
    return [group for group in groups if len({line["agency"] for line in group}) > 1]


def _belongs(group: List[Row], line: Row) -> bool:
    if any(not one["ended_latest"] or line["began_earliest"] < one["ended_latest"] for one in group):
        return True
    last = max(group, key=lambda one: (one["ended_latest"], one["agency"], one["episode"]))
    gap = day_number(line["began_on"], line.place("began_on")) - day_number(last["ended_on"], last.place("ended_on"))
    return gap <= 1 and last["agency"] != line["agency"] and last["outcome"] in HANDED_OVER


def wrong_joins(package: Package) -> List[str]:
    """Joins that joins.csv lists and should not, or does not list; children under another name than the state's."""
    named = joined_children(package)
    joins = {("child", name, *member) for member, name in named.items()}
    for group in joined_episodes(package, named):
        joins |= {("episode", group[0]["episode"], line["agency"], line["episode"]) for line in group}
    wrong, keys = [], set()
    for row in package.table("joins"):
        key = (row["joined"], row["group"], row["agency"], row["member"])
        if row["joined"] != "candidate" and key not in joins:
            wrong.append(f"joins.csv, row {row.number}: nothing joins this {row['joined']}")
        keys.add(key)
    wrong += [f"joins.csv lacks the {key[0]} {key[3]} of {key[2]}" for key in sorted(joins - keys)]
    return wrong + _wrong_likeness(package)


def _wrong_likeness(package: Package) -> List[str]:
    """Candidates that are not alike by children.csv, and keyed names there that nobody else has."""
    children = {(row["agency"], row["child"]): row for row in package.table("children")}
    named = Counter(row["name_birth"] for row in children.values())
    candidates = {row["group"] for row in package.table("joins") if row["joined"] == "candidate"}
    wrong = []
    for row in children.values():
        if row["name_birth"] and named[row["name_birth"]] == 1:
            wrong.append(f"{row.place('name_birth')}: no other child has it")
        if row["sound_birth"] and row["sound_birth"] not in candidates:
            wrong.append(f"{row.place('sound_birth')}: joins.csv has no such candidate")
    for join in package.table("joins"):
        child = children.get((join["agency"], join["member"]))
        if join["joined"] != "episode" and child is None:
            wrong.append(f"{join.place('member')}: children.csv has no such child of {join['agency']}")
        elif join["joined"] == "candidate" and child and join["group"] not in (
            child["name_birth"], child["sound_birth"], child["state_child"],
        ):  # fmt: skip
            wrong.append(f"{join.place('group')}: {child.file}, row {child.number}, is not of it")
    return wrong


def wrong_agency_lines(package: Package, setting: Setting) -> List[str]:
    """Values of an agency's line that do not follow from it, as in its own extract."""
    own: Dict[str, List[Row]] = defaultdict(list)
    for line in package.table("agency_lines"):
        own[line["agency"]].append(line)
    return [one.sentence() for lines in own.values() for one in wrong_lines(lines, setting)]


def wrong_state(package: Package) -> List[str]:
    """Lines of the state that are not what those of the agencies give, and agencies' lines that are nowhere."""
    named = joined_children(package)
    groups = joined_episodes(package, named)
    of_group = {(line["agency"], line["episode"]): group for group in groups for line in group}
    expected: Dict[str, List[Row]] = {group[0]["episode"]: group for group in groups}
    for line in package.table("agency_lines"):
        if (line["agency"], line["episode"]) not in of_group:
            expected[line["episode"]] = [line]
    wrong, episodes = [], set()
    for line in package.table("episodes"):
        group = expected.get(line["episode"])
        episodes.add(line["episode"])
        if group is None:
            wrong.append(f"{line.file}, row {line.number}: no agency has it")
            continue
        should = _of_one(group[0]) if len(group) == 1 else _of_several(group)
        first = group[0]
        should["child"] = named.get((first["agency"], first["child"]), first["child"])
        should["agency"], should["agencies"] = first["agency"], ";".join(sorted({one["agency"] for one in group}))
        rows = "row " + " and ".join(str(one.number) for one in group)
        wrong += [
            f"{line.place(c)}: '{line[c]}', not '{value}', which follows from {first.file}, {rows}"
            for c, value in should.items() if line[c] != value
        ]  # fmt: skip
    wrong += [
        f"{expected[episode][0].place('episode')}: episodes.csv lacks {episode}"
        for episode in sorted(set(expected) - episodes)
    ]
    return wrong + _wrong_agencies(package, of_group)


def _of_one(line: Row) -> Dict[str, str]:
    return {name: value for name, value in line.items() if name not in OWN}


def _of_several(group: List[Row]) -> Dict[str, str]:
    """As early as any begins, open while any is open; the first report, notice and entry of any."""
    should = {}
    for name in FIRST_OF_ANY:
        should[name] = min((one[name] for one in group if one[name]), default="")
    is_open = any(not one["ended_earliest"] for one in group)
    for name in ("ended_earliest", "ended_latest"):
        should[name] = "" if is_open else max(one[name] for one in group)
    should["has_ncic_entry"] = max(one["has_ncic_entry"] for one in group)
    should["county"], should["age"], should["custody"] = (group[0][name] for name in ("county", "age", "custody"))
    return should


def _wrong_agencies(package: Package, of_group: Dict[Member, List[Row]]) -> List[str]:
    own: Dict[str, int] = defaultdict(int)
    away: Dict[str, int] = defaultdict(int)
    for line in package.table("agency_lines"):
        group: Optional[List[Row]] = of_group.get((line["agency"], line["episode"]))
        own[line["agency"]] += 1
        away[line["agency"]] += group is not None and group[0]["episode"] != line["episode"]
    roots = {name: about.get("manifest_sha256") for name, about in package.fact("agencies").items()}
    wrong = []
    for row in package.table("agencies"):
        name = row["agency"]
        should = (own[name], away[name], own[name] - away[name], roots.get(name))
        columns = ("own_episodes", "joined_away", "counted_episodes", "manifest_sha256")
        wrong += [f"{row.place(c)}: {row[c]}, not {n}" for c, n in zip(columns, should) if row[c] != str(n)]
    return wrong


def wrong_care(context: Context) -> List[str]:
    """Days in care or missing, and children in care, that care.csv and the lines do not give."""
    package, first, last = context.package, context.first, context.last
    stretches: Dict[str, List[Tuple[int, int]]] = defaultdict(list)
    custody: List[Tuple[str, int, Optional[int]]] = []
    for row in package.table("care"):
        begin = day_number(row["from_on"], row.place("from_on"))
        end = day_number(row["until_on"], row.place("until_on")) if row["until_on"] else None
        custody.append((row["child"], begin, end))
        stretches[row["child"]].append((begin, context.as_of_day if end is None else max(begin, end)))
    for line in context.lines:
        end = day_number(line["ended_on"], line.place("ended_on")) if line["ended_on"] else context.as_of_day
        stretches[line["child"]].append((day_number(line["began_on"], line.place("began_on")), end))
    days = {child: _covered(some, first, last) for child, some in stretches.items()}
    wrong = _wrong_care_days(package, days) + _wrong_in_care(package, days)
    for row in package.table("yearly"):
        begins, ends = (day_number(row[name], row.place(name)) for name in ("first_on", "last_on"))
        cared = {child for child, begin, end in custody if begin <= ends and (end is None or end >= begins)}
        if row.whole("children_in_care") != len(cared):
            wrong.append(f"{row.place('children_in_care')}: {row['children_in_care']}, not {len(cared)}")
    return wrong


def _covered(stretches: List[Tuple[int, int]], first: int, last: int) -> int:
    """Days of the period in the union of stretches; the last day of each does not count."""
    total, until = 0, first
    for begin, end in sorted(stretches):
        begin, end = max(begin, until), min(end, last + 1)
        if end > begin:
            total, until = total + end - begin, end
    return total


def _wrong_in_care(package: Package, days: Dict[str, int]) -> List[str]:
    """Children in care by incidence.csv: by county and what they are, as their first agency has it."""
    named = joined_children(package) if "agency" in package.header("children") else {}
    own: Dict[str, Dict[str, str]] = defaultdict(dict)
    for row in sorted(package.table("children"), key=lambda r: r.get("agency", "")):
        about = own[named.get((row.get("agency", ""), row["child"]), row["child"])]
        for name in ("county", "sex", "race", "ethnicity", *(["agency"] if "agency" in row else [])):
            if row[name]:
                about.setdefault(name, row[name])
    names = ["county", "sex", "race", "ethnicity", *(["agency"] if named or package.has("agency_lines") else [])]
    counts: Counter[Tuple[str, str]] = Counter()
    for child, number in days.items():
        counts["all", "all"] += number > 0
        counts.update((name, own[child].get(name, "not recorded")) for name in names if number > 0)
    return [
        f"{row.place('children_in_care')}: {row['children_in_care']}, not {counts[row['dimension'], row['value']]}"
        for row in package.table("incidence")
        if (row["children_in_care"] or "0") != str(counts[row["dimension"], row["value"]])
    ]


def _wrong_care_days(package: Package, days: Dict[str, int]) -> List[str]:
    named = joined_children(package) if "agency" in package.header("children") else {}
    county: Dict[str, str] = {}
    agency: Dict[str, str] = {}
    for row in sorted(package.table("children"), key=lambda r: (r.get("agency", ""), not r["county"])):
        child = named.get((row["agency"], row["child"]), row["child"]) if named or "agency" in row else row["child"]
        if not county.get(child):
            county[child] = row["county"]
        agency.setdefault(child, row.get("agency", ""))
    sums: Dict[Tuple[str, str], int] = defaultdict(int)
    for child, number in days.items():
        sums["all", "all"] += number
        sums["county", county.get(child, "") or "not recorded"] += number
        sums["agency", agency.get(child, "")] += number
    return [
        f"{row.place('care_days')}: {row['care_days']}, not {sums[row['dimension'], row['value']]}"
        for row in package.table("stock_and_flow")
        if row["dimension"] != "length_band" and row["care_days"] != str(sums[row["dimension"], row["value"]])
    ]
