"""What every drawn row needs: ids, and times that touch, meet and just miss a few anchor instants."""

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.oracle.times import DAY, HOUR, Moment, local_date, local_midnight
from tests.oracle.world import Night, Row

LIMITS = (0, 2, 6, 12, 24, 26, 30, 36, 48, 72, 96, 24 * 30, 24 * 90)


def put(name: str, moment: Moment | None) -> Row:
    """The two columns of a moment."""
    return {f"{name}_earliest": moment[0] if moment else None, f"{name}_latest": moment[1] if moment else None}


class Draw:
    """Draws ids and times of one child."""

    def __init__(self, rng: random.Random, night: Night, child_id: str) -> None:
        self.rng, self.night, self.child_id = rng, night, child_id
        first = night.as_of - rng.choice((6, 24, 26, 48, 72, 96, 240, 24 * 30, 24 * 92, 24 * 130)) * HOUR
        self.anchors = [first, *(self.near(first) for _ in range(2)), night.as_of - rng.choice(LIMITS) * HOUR]
        self.edges: list[tuple[int, tuple[int, ...]]] = []
        """Begins and ends of what may be an episode, with the distances in hours at which 4.2 changes its mind."""
        self.count = 0

    def id(self) -> str:
        self.count += 1
        return f"{self.child_id}r{self.rng.randint(0, 9)}{self.count}"

    def near(self, instant: int) -> int:
        return (
            instant + self.rng.choice((-1, 1, 1, 1)) * self.rng.choice(LIMITS) * HOUR + self.rng.choice((0, 0, 1, -1))
        )

    def instant(self) -> int:
        if self.edges and self.rng.random() < 0.25:
            edge, hours = self.rng.choice(self.edges)
            return edge + self.rng.choice(hours) * HOUR + self.rng.choice((0, 0, 1, -1))
        anchor = self.rng.choice(self.anchors)
        if self.rng.random() < 0.05:
            return self.night.as_of + self.rng.choice((-1, 0, 1, 3600, DAY))
        return anchor if self.rng.random() < 0.35 else self.near(anchor)

    def moment(self, instant: int) -> Moment:
        """Exact, date only, or the hour that the clock passes twice in autumn."""
        zone = ZoneInfo(self.night.zone)
        if self.rng.random() < 0.3:
            day = local_date(instant, self.night.zone)
            return (
                local_midnight(day, self.night.zone),
                local_midnight(day + timedelta(days=1), self.night.zone) - 1,
            )
        clock = datetime.fromtimestamp(instant, zone).replace(fold=0)
        twice = (int(clock.timestamp()), int(clock.replace(fold=1).timestamp()))
        is_real = instant in twice and twice[0] < twice[1]
        return twice if is_real and self.rng.random() < 0.7 else (instant, instant)

    def maybe(self, name: str, chance: float) -> Row:
        return put(name, self.moment(self.instant()) if self.rng.random() < chance else None)

    def stretch(self, begins: str, ends: str, open_chance: float) -> Row:
        """A begin, and an end that is not surely before it."""
        rng = self.rng
        start = self.instant()
        began = self.moment(start)
        if rng.random() < open_chance:
            self.edges.append((began[0], (-24, -48, 48)))
            return put(begins, began) | put(ends, None)
        stop = start + rng.choice(LIMITS) * HOUR + rng.choice((0, 0, 1, -1)) if rng.random() < 0.6 else self.instant()
        ended = self.moment(stop)
        self.edges += [(began[0], (-24, -48, 48)), (ended[1], (24 * 30, 24, 72))]
        return put(begins, began) | put(ends, ended if ended[1] >= began[0] else None)

    def day(self, instant: int) -> Moment:
        """Date only."""
        day = local_date(instant, self.night.zone)
        return (local_midnight(day, self.night.zone), local_midnight(day + timedelta(days=1), self.night.zone) - 1)

    def about(self, instant: int, hours: tuple[int, ...]) -> Moment:
        """Some hours from an instant, a second to either side now and then; exact or date only."""
        return self.moment(instant + self.rng.choice(hours) * HOUR + self.rng.choice((0, 0, 1, -1)))
