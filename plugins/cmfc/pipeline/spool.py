"""Failure messages on their way, in files: they need neither ledger nor lists, and the outbox takes them over.

A file lies in `<store>/.spool/`, or where that cannot be written in a folder of this account in the system's temporary
folder, which only this machine sees. States are those of the outbox (ledger/outbox.py).
"""

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cmfc.errors import CmfcError
from cmfc.ledger.delivery import Deliver, Parcel
from cmfc.ledger.messages import render
from cmfc.ledger.outbox import CLAIM_SECONDS, Tally, pause_after, put
from cmfc.ledger.store import Ledger
from cmfc.storage.atomic import write_text
from cmfc.storage.lock import lock_file
from cmfc.storage.place import read_place

MESSAGE, DONE, REASON = ".json", ".done", ".reason"
KEEP_SECONDS = 30 * 86_400
"""How long it is remembered that a message was begun, and why a run failed."""


@dataclass(frozen=True)
class Spooled:
    """A message in the spool; its fields are those of the outbox. `link` leads to the agency's page."""

    agency: str
    key: str
    kind: str
    body: dict[str, Any]
    link: str
    queued_at: int
    state: str = "waiting"
    tries: int = 0
    claimed_at: int | None = None
    sent_at: int | None = None
    due_at: int | None = None


class Spool:
    """The two folders of an installation; whatever cannot be written or read is passed over."""

    def __init__(self, store: Path) -> None:
        """`store`: the folder of all agencies' nights; each has a temporary folder of its own."""
        named = hashlib.sha256(str(store.absolute()).encode()).hexdigest()[:12]
        self.folders = (store / ".spool", Path(tempfile.gettempdir()) / f"cmfc-spool-{os.getuid()}-{named}")

    def keep(self, message: Spooled) -> Path | None:
        """Write a message to the first folder that takes it; None: no folder does."""
        content = json.dumps(asdict(message), sort_keys=True) + "\n"
        return self._write(_name(message.key) + MESSAGE, content)

    def is_begun(self, key: str) -> bool:
        """Whether a message was begun before, as the store or this machine remembers."""
        return any((folder / (_name(key) + DONE)).exists() for folder in self._usable())

    def begin(self, message: Spooled) -> Path | None:
        """Keep a message that is about to be sent for the first time, and remember that; its file."""
        path = self.keep(message)
        self._write(_name(message.key) + DONE, "")
        return path

    def note_reason(self, key: str, reason: dict[str, str]) -> None:
        """Note why a run failed; the first reason stays."""
        if self.reason(key) is None:
            self._write(_name(key) + REASON, json.dumps(reason) + "\n")

    def reason(self, key: str) -> dict[str, str] | None:
        """Why a run failed, as its first task noted it."""
        for folder in self._usable():
            with suppress(OSError, ValueError):
                return dict(json.loads((folder / (_name(key) + REASON)).read_bytes()))
        return None

    def messages(self) -> Iterator[tuple[Path, Spooled]]:
        """What is there, by file."""
        for folder in self._usable():
            with suppress(OSError):
                for path in sorted(folder.glob(f"*{MESSAGE}")):
                    with suppress(OSError, ValueError, TypeError):
                        yield path, Spooled(**json.loads(path.read_bytes()))

    def tally(self, at: int) -> Tally:
        """Count what waits and what is unsure."""
        states = [message for _, message in self.messages()]
        waiting = sum(m.state == "waiting" or _is_left(m, at, "claimed") for m in states)
        return Tally(waiting, sum(m.state == "unsure" or _is_left(m, at, "sending") for m in states))

    def hand_to(self, ledger: Ledger | None, deliver: Deliver | None, at: int) -> None:
        """Let the outbox take over what is here; without a ledger, send from here what is due.

        Raises:
            CmfcError: CMFC-J01 if the ledger stops answering; what it did not take stays here.
        """
        for folder in self._usable():
            with suppress(BlockingIOError), lock_file(folder / ".lock", is_waiting=False):
                for path, message in [one for one in self.messages() if one[0].parent == folder]:
                    if message.state in ("claimed", "sending") and not _is_left(message, at, message.state):
                        continue  # its process is about to say what became of it
                    if ledger is not None:
                        adopt(ledger, message)
                        path.unlink(missing_ok=True)
                    elif deliver and _is_due(message, at):
                        self.send(message, deliver, at, path)
                _sweep(folder)

    def send(
        self, message: Spooled, deliver: Deliver, at: int, path: Path | None = None
    ) -> tuple[Spooled, Path | None]:
        """Send a message; give it as it is then, and its file, which is written before each step."""
        trying = replace(message, state="claimed", tries=message.tries + 1, claimed_at=at)
        path = self._rewrite(trying, path)
        subject, html = render(message.kind, message.body, message.link)

        def hand_over() -> None:
            self._rewrite(replace(trying, state="sending"), path)

        reached = frozenset(message.body.get("reached", ()))
        receipt = deliver(Parcel(f"{message.agency}/{message.key}", subject, html, reached), hand_over)
        body = message.body | {"reached": sorted(receipt.reached)}
        after = replace(trying, state=receipt.state, body=body)
        if receipt.state == "sent":
            after = replace(after, sent_at=at)
        elif receipt.state == "waiting":
            after = replace(after, claimed_at=None, due_at=at + pause_after(trying.tries))
        return after, self._rewrite(after, path)

    def _rewrite(self, message: Spooled, path: Path | None) -> Path | None:
        """Write a message where it lies; if that folder refuses, where there is room, and take the old file away."""
        place = self.keep(message)
        if path is not None and place is not None and place != path:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        return place

    def _write(self, name: str, content: str) -> Path | None:
        for folder in self.folders:
            try:
                folder.mkdir(mode=0o700, parents=folder == self.folders[0], exist_ok=True)
                _refuse_foreign(folder)
                write_text(folder / name, content, is_durable=True)
            except OSError:
                continue
            return folder / name
        return None

    def _usable(self) -> list[Path]:
        usable = []
        for folder in self.folders:
            with suppress(OSError):
                _refuse_foreign(folder)
                usable.append(folder)
        return usable


def adopt(ledger: Ledger, message: Spooled) -> None:
    """Put a message into the outbox as it is; one of its key that is there already stays.

    Raises:
        CmfcError: CMFC-J01 if the ledger did not answer.
    """
    names = ("state", "tries", "claimed_at", "sent_at", "due_at")
    more = {name: getattr(message, name) for name in names}
    put(ledger, message.agency, message.key, message.kind, message.body, message.queued_at, **more)


def open_if_it_answers(url: str, store: Path) -> tuple[Ledger | None, CmfcError | None]:
    """The ledger, open; or why not.

    One that would lie in a store where no night ever began is not made: that store may be another machine's, or not
    mounted, and what waits would be kept where nobody looks.
    """
    from cmfc.ledger.store import open_ledger

    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and path.parent == store.absolute() and not path.exists() and not read_place(store):
        return None, CmfcError("CMFC-J09", "The ledger is not there, and no night ever began in its store.")
    try:
        return open_ledger(url), None
    except CmfcError as error:
        return None, error


def _is_due(message: Spooled, at: int) -> bool:
    return _is_left(message, at, "claimed") or (message.state == "waiting" and (message.due_at or 0) <= at)


def _is_left(message: Spooled, at: int, state: str) -> bool:
    """Whether a process that had it in this state is gone."""
    return message.state == state and (message.claimed_at or 0) < at - CLAIM_SECONDS


def _name(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _refuse_foreign(folder: Path) -> None:
    """Anybody may make a folder in the system's temporary one: a link, or one others may write to, is not ours.

    Raises:
        OSError: the folder is not there, or not ours.
    """
    state = folder.lstat()
    if not folder.is_dir() or folder.is_symlink() or state.st_uid != os.getuid() or state.st_mode & 0o022:
        raise PermissionError(f"{folder} is not a folder of this account")


def _sweep(folder: Path) -> None:
    """Forget what was remembered long enough; by the file system's clock."""
    for path in (*folder.glob(f"*{DONE}"), *folder.glob(f"*{REASON}")):
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - KEEP_SECONDS:
                path.unlink()
