"""Which children of several agencies are one: by the state's id, else by name and birth date, all keyed (spec 6)."""

from collections.abc import Iterable
from dataclasses import dataclass

Member = tuple[str, str]
"""An agency and its pseudonym of a child."""


@dataclass(frozen=True)
class Linkable:
    """A child of an agency and what it can be joined by; None where the agency's records do not have it."""

    agency: str
    child: str
    state_child: str | None
    name_birth: str | None
    sound_birth: str | None

    @property
    def member(self) -> Member:
        """Who it is."""
        return self.agency, self.child


@dataclass(frozen=True)
class Join:
    """One row of joins.csv."""

    joined: str
    group: str
    agency: str
    member: str
    by: str


def join_children(linkable: Iterable[Linkable], missed: set[Member]) -> tuple[dict[Member, str], list[Join]]:
    """The state's child of every child that another agency or row knows too, and every join and candidate.

    Children with the same state's id are one. Of the same name and birth date they are one unless two of them have
    different state's ids, or one agency missed two as two of those who would be one: joined, one missing child would
    hide the other, also where a third child has the state's id of one and the name of the other. What only sounds alike
    is a candidate, listed where a child of both was missing.

    Args:
        linkable: the children of every agency, each once.
        missed: those with an episode.
    """
    children, one = {child.member: child for child in linkable}, _Groups()
    joins: list[Join] = []
    for _, members in _alike(children.values(), "state_child"):
        one.unite(members, "state_id")
    for name_birth, members in _alike(children.values(), "name_birth"):
        if len({children[m].state_child for m in members} - {None}) > 1:
            joins += [Join("candidate", name_birth, *m, "state_ids_differ") for m in members if missed & {*members}]
        elif _is_told_apart([children[m] for m in one.together(members) if m in missed]):
            joins += [Join("candidate", name_birth, *m, "told_apart") for m in members]
        else:
            one.unite(members, "name_and_birth")
    for sound_birth, members in _alike((children[m] for m in sorted(missed & set(children))), "sound_birth"):
        heads = {one.head(member) for member in members}
        if len(heads) > 1 and len({children[h].state_child or h for h in heads}) > 1:
            joins += [Join("candidate", sound_birth, *m, "sound_and_birth") for m in members]
    groups: dict[Member, list[Member]] = {}
    for member in sorted(one.by):
        groups.setdefault(one.head(member), []).append(member)
    named: dict[Member, str] = {}
    for members in groups.values():
        ids = sorted({children[m].state_child or "" for m in members} - {""})
        name = ids[0] if ids else min(child for _, child in members)
        named |= dict.fromkeys(members, name)
        joins += [Join("child", name, *m, one.by[m]) for m in members]
    return named, joins


def _is_told_apart(missed: list[Linkable]) -> bool:
    """Whether one agency has episodes of two of them, and no id of the state says that they are one."""
    return len({(one.agency, one.state_child or one.child) for one in missed}) > len({one.agency for one in missed})


def _alike(children: Iterable[Linkable], part: str) -> list[tuple[str, list[Member]]]:
    groups: dict[str, list[Member]] = {}
    for one in children:
        if value := getattr(one, part):
            groups.setdefault(value, []).append(one.member)
    return sorted((value, sorted(members)) for value, members in groups.items() if len(members) > 1)


class _Groups:
    """Who is one with whom, and how each came to be joined."""

    def __init__(self) -> None:
        self.parents: dict[Member, Member] = {}
        self.by: dict[Member, str] = {}
        self.parts: dict[Member, list[Member]] = {}
        """The members of each group, by the one that stands for it."""

    def head(self, member: Member) -> Member:
        """One member that stands for its group."""
        while (parent := self.parents.get(member, member)) != member:
            member = parent
        return member

    def together(self, members: list[Member]) -> list[Member]:
        """All who would be one if these were."""
        heads = {self.head(member) for member in members}
        return [member for head in sorted(heads) for member in self.parts.get(head, [head])]

    def unite(self, members: list[Member], how: str) -> None:
        """Make one group of several members."""
        first, whole = self.head(members[0]), self.together(members)
        for member in members:
            self.parts.pop(self.head(member), None)
            self.parents[self.head(member)] = first
            self.by.setdefault(member, how)
        self.parts[first] = whole
