"""Verified sightings: their windows, and what they leave of a span (spec 2.2, rule 4)."""

from dataclasses import dataclass

from tests.oracle.spans import Episode, Evidence, end_of_span, evidence_of, stitch
from tests.oracle.times import FOREVER, end_or_forever
from tests.oracle.world import Child, Night, Row


@dataclass
class Window:
    """A stretch of verified whereabouts, and the sightings that make it; FOREVER: until the end of the span."""

    start: int
    stop: int
    sightings: list[str]

    @property
    def is_endless(self) -> bool:
        return self.stop == FOREVER


def verified(child: Child) -> list[Row]:
    return [row for row in child.rows["sightings"] if row["verified"] is True]


def windows_of(child: Child, rows: list[Evidence]) -> list[Window]:
    """Windows in the order of their starts, those with an end united."""
    windows = []
    for sighting in verified(child):
        start, until = sighting["known_from"][1], sighting["known_to"]
        next_begins = [row.began[0] for row in rows if row.began[1] >= sighting["known_from"][0]]
        stop = until[0] if until else min(next_begins, default=FOREVER)
        if stop > start:
            windows.append(Window(start, stop, [sighting["record"]]))
    endless = [window for window in windows if window.is_endless]
    united: list[Window] = []
    for window in sorted((w for w in windows if not w.is_endless), key=lambda w: (w.start, w.stop)):
        if united and window.start <= united[-1].stop:
            united[-1].stop = max(window.stop, united[-1].stop)
            united[-1].sightings += window.sightings
        else:
            united.append(window)
    return sorted([*united, *endless], key=lambda w: (w.start, w.stop))


def trim(child: Child, span: list[Evidence], windows: list[Window], place: int) -> Episode | Window:
    """Rule 4 for one span, as recorded; the window, or the two as one, that leaves nothing of it, where one does."""
    ended = end_of_span(span)
    episode = Episode(child, span, span[0].began, span[0].began, ended, place)
    last = end_or_forever(ended)[1]
    head: Window | None = None
    for at, window in enumerate(windows):
        starts_after_begin = window.start > span[0].began[1]
        reaches_end = window.is_endless or window.stop >= last
        if window.start <= episode.began[0] < window.stop and not window.is_endless:
            if reaches_end:
                return window
            head = window
            episode.began, episode.trimmed_to = (window.stop, window.stop), window.stop
        elif ended is None and window.is_endless and window.start > span[0].began[1]:
            episode.seen_at.append(window.start)
        elif starts_after_begin and reaches_end and window.start < last:
            if ended is None:
                episode.seen_at.append(window.start)
            elif head and window.start <= head.stop:  # seen again, without an end, before the first one ended
                tails = [w for w in windows[at:] if w.start < last <= w.stop]
                return Window(head.start, last, sum((w.sightings for w in tails), head.sightings))
            elif not episode.is_trimmed_at_end:
                episode.ended, episode.is_trimmed_at_end = (window.start, window.start), True
        elif starts_after_begin and window.stop < last and not episode.is_trimmed_at_end:
            episode.interruptions.append((window.start, window.stop))
    return episode


def episodes_of(
    child: Child, night: Night
) -> tuple[list[Episode], list[tuple[list[Evidence], Window]], list[Evidence]]:
    """A child's episodes in their order, the spans of which a window left nothing, and all evidence."""
    rows = evidence_of(child)
    windows = windows_of(child, rows)
    episodes, spans = [], []
    for place, span in enumerate(stitch(rows, night.stitch_gap_seconds)):
        left = trim(child, span, windows, place)
        if isinstance(left, Episode):
            episodes.append(left)
        else:
            spans.append((span, left))
    return sorted(episodes, key=lambda e: e.order), spans, rows
