"""What a parser or a driver stumbled over, as a refusal."""

import traceback
from pathlib import Path

from cmfc.ingest.readers.chunk import UnreadableFeed
from cmfc.ingest.sources import Source, SqlSource

_HERE = Path(__file__).parent


def unreadable(feed: str, source: Source, error: Exception) -> UnreadableFeed:
    """What a parser or driver raised, as a refusal that says the place in our code and no value."""
    # What a library says may quote the value it stumbled over.
    what = "check the query" if isinstance(source, SqlSource) else "deliver the file again or save it anew"
    return UnreadableFeed(f"{feed}: {source.label} cannot be read; {what}.", _place(error))


def _place(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno is not None:
        return type(error).__name__  # the system, not the file: it may pass
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_HERE)] or list(frames)
    return f"{type(error).__name__} in {Path(ours[-1].filename).name}:{ours[-1].lineno}"
