"""Keyed pseudonyms: HMAC-SHA-256 (RFC 2104) over the agency, the kind and the id, with a key that only the agency has.

A bare hash of an id can be undone by trying every id; this cannot, without the key. The same key gives the same
pseudonym in every extract, so that extracts can be joined; a new key breaks that, and a crosswalk mends it.
"""

import base64
import binascii
import csv
import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cmfc.errors import UsageError
from cmfc.settings import look_up

LENGTH = 32
"""Hex digits kept: 128 bits, so that among a billion ids two alike are not to be expected."""
LEAST_BYTES = 32
PREFIX = "base64:"
KINDS = {
    "child": "C", "episode": "E", "absences": "R", "placements": "R", "le_reports": "L", "ncmec_reports": "L",
    "state_child": "S", "name_birth": "N",
    "sound_birth": "M",
}  # fmt: skip
"""What has a pseudonym, and the letter it begins with. A letter first keeps spreadsheets from reading a number."""


@dataclass(frozen=True)
class Key:
    """A secret key; it is never printed."""

    secret: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Says which key was used without saying anything about it."""
        return hmac.digest(self.secret, b"cmfc audit key", "sha256").hex()[:16]

    def pseudonym(self, agency: str, kind: str, record_id: str) -> str:
        """The pseudonym of one id. The parts are length-prefixed, so that no two triples are the same message."""
        parts = (part.encode() for part in (agency, kind, record_id))
        message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return KINDS[kind] + hmac.digest(self.secret, message, "sha256").hex()[:LENGTH]


def read_key(text: str) -> Key:
    """A key from a secret setting: `conn:` and a connection whose password it is, `base64:` and base64, or the text.

    Raises:
        UsageError: CMFC-U03 for a key that is absent, shorter than 32 bytes or no base64; CMFC-S02 where the connection
            is not there.
    """
    text = look_up(text, "password")
    try:
        secret = (
            base64.b64decode(text.removeprefix(PREFIX), validate=True) if text.startswith(PREFIX) else text.encode()
        )
    except binascii.Error:
        raise UsageError("CMFC-U03", "The key for pseudonyms is not base64.") from None
    if len(secret) < LEAST_BYTES:
        raise UsageError("CMFC-U03", f"The key for pseudonyms has fewer than {LEAST_BYTES} bytes, or is not set.")
    return Key(secret)


def write_crosswalk(path: Path, agency: str, ids: Iterable[tuple[str, str]], old: Key, new: Key | None = None) -> int:
    """Write kind, id, pseudonym and, after a rotation, the new pseudonym; for the agency alone, readable by its owner.

    Args:
        path: a new file outside any package; one that is there is never overwritten.
        agency: the agency's id.
        ids: (kind, id).
        old: the key that the auditor's extract was made with.
        new: the key that is used from now on.

    Returns:
        The number of ids.

    Raises:
        UsageError: CMFC-U04 if the file is there.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError("CMFC-U04", "The crosswalk's file exists already; name another.", path.name) from None
    rows = [
        (kind, key, old.pseudonym(agency, kind, key), *([new.pseudonym(agency, kind, key)] if new else []))
        for kind, key in sorted(ids)
    ]
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(("kind", "id", "pseudonym", *(["new_pseudonym"] if new else [])))
        writer.writerows(rows)
    return len(rows)
