"""Signs the journal's head (`ssh-keygen -Y`) and has it time-stamped (RFC 3161, `openssl ts`); checks both."""

import base64
import re
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from cmfc.errors import CmfcError
from cmfc.ledger.heads import head_line
from cmfc.ledger.journal import Head

NAMESPACE = "cmfc-journal-head"
SECONDS = 30
_SIGNED = re.compile(r"-----BEGIN SSH SIGNATURE-----.+?-----END SSH SIGNATURE-----", re.DOTALL)
_STAMPED = re.compile(r"-----BEGIN TIME-STAMP-----(.+?)-----END TIME-STAMP-----", re.DOTALL)


def witnessed(agency: str, head: Head, key: Path | None, authority: str) -> str:
    """The head's line, then its signature and its time-stamp where a key and an authority are set.

    Args:
        agency: whose journal.
        head: its last entry.
        key: file of an SSH private key; None: it is not signed.
        authority: URL of the time-stamping authority; empty: it is not stamped.

    Raises:
        CmfcError: CMFC-J13 if a tool or the authority fails.
    """
    line = head_line(agency, head)
    parts = [line]
    with tempfile.TemporaryDirectory(prefix="cmfc-head-") as folder:
        file = Path(folder) / "head"
        file.write_text(line, encoding="utf-8")
        if key is not None:
            _run("ssh-keygen", "-Y", "sign", "-q", "-f", str(key), "-n", NAMESPACE, str(file))
            parts.append(file.with_suffix(".sig").read_text(encoding="utf-8").strip())
        if authority:
            request = Path(folder) / "head.tsq"
            _run("openssl", "ts", "-query", "-data", str(file), "-sha256", "-cert", "-no_nonce", "-out", str(request))
            stamp = base64.encodebytes(_ask(authority, request.read_bytes())).decode().strip()
            parts.append(f"-----BEGIN TIME-STAMP-----\n{stamp}\n-----END TIME-STAMP-----")
    return "\n".join(parts) + "\n"


def is_signed(line: str, text: str, signers: Path) -> bool:
    """Whether a signature in a text is of this head's line, by somebody whom the file of allowed signers names."""
    with tempfile.TemporaryDirectory(prefix="cmfc-head-") as folder:
        file = Path(folder) / "sig"
        for signature in _SIGNED.findall(text):
            file.write_text(signature + "\n", encoding="utf-8")
            for signer in _names(signers):
                words = ("-Y", "verify", "-f", str(signers), "-I", signer, "-n", NAMESPACE, "-s", str(file))
                if _holds("ssh-keygen", *words, stdin=line):
                    return True
    return False


def is_stamped(line: str, text: str, certificates: Path) -> bool:
    """Whether a time-stamp in a text is of this head's line, by an authority with one of these certificates."""
    with tempfile.TemporaryDirectory(prefix="cmfc-head-") as folder:
        file, stamp = Path(folder) / "head", Path(folder) / "head.tsr"
        file.write_text(line, encoding="utf-8")
        for encoded in _STAMPED.findall(text):
            stamp.write_bytes(base64.b64decode(encoded))
            if _holds("openssl", "ts", "-verify", "-data", str(file), "-in", str(stamp), "-CAfile", str(certificates)):
                return True
    return False


def _names(signers: Path) -> Iterator[str]:
    for line in signers.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.split()[0].split(",")[0]


def _ask(authority: str, query: bytes) -> bytes:
    if not authority.startswith(("https://", "http://")):
        raise CmfcError("CMFC-J13", "CMFC_HEAD_AUTHORITY is no http address.")
    kinds = {"Content-Type": "application/timestamp-query"}
    request = urllib.request.Request(authority, query, kinds)  # noqa: S310 - its scheme was looked at
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return bytes(answer.read(1_000_000))
    except (OSError, ValueError) as error:
        raise CmfcError("CMFC-J13", "The time-stamping authority did not answer.", type(error).__name__) from None


def _run(*words: str) -> None:
    try:
        subprocess.run(words, check=True, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        kind = type(error).__name__
        raise CmfcError("CMFC-J13", f"{words[0]} could not sign or stamp the journal's head.", kind) from None


def _holds(*words: str, stdin: str = "") -> bool:
    try:
        done = subprocess.run(words, capture_output=True, timeout=SECONDS, input=stdin.encode(), check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
