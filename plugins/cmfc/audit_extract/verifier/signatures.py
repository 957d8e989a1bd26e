"""Checks the signature and the time stamp of manifest.json by ssh-keygen and openssl, or says the command."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import List, Tuple

NAMESPACE = "cmfc-audit-extract"
SIGNATURE, STAMP = "manifest.json.sig", "manifest.json.tsr"


def check_signature(folder: Path, signers: str, signer: str) -> Tuple[str, List[str]]:
    """What to print about the signature, and what is wrong."""
    if not (folder / SIGNATURE).is_file():
        if signers or signer:  # who names a signer expects a signature: one that was taken away is no note
            return "", [f"{SIGNATURE} is missing"]
        return "note   nobody signed manifest.json", []
    whom = ["-f", signers or "ALLOWED_SIGNERS", "-I", signer or "SIGNER"]
    words = ["ssh-keygen", "-Y", "verify", *whom, "-n", NAMESPACE, "-s", str(folder / SIGNATURE)]
    if not signers or not signer or shutil.which("ssh-keygen") is None:
        return f"note   check the signature: {' '.join(words)} < {folder / 'manifest.json'}", []
    try:
        message = (folder / "manifest.json").read_bytes()
    except OSError:
        return "", ["manifest.json cannot be read"]
    return "", _run(words, message, f"{SIGNATURE} is not the signature of {signer}")


def check_stamp(folder: Path, authority: str) -> Tuple[str, List[str]]:
    """What to print about the time stamp, and what is wrong."""
    if not (folder / STAMP).is_file():
        if authority:
            return "", [f"{STAMP} is missing"]
        return "note   manifest.json has no time stamp", []
    words = ["openssl", "ts", "-verify", "-in", str(folder / STAMP), "-data", str(folder / "manifest.json"),
             "-CAfile", authority or "CA_FILE"]  # fmt: skip
    if not authority or shutil.which("openssl") is None:
        return f"note   check the time stamp: {' '.join(words)}", []
    return "", _run(words, b"", f"{STAMP} is not a stamp of manifest.json by this authority")


def _run(words: List[str], message: bytes, sentence: str) -> List[str]:
    try:
        done = subprocess.run(words, input=message, capture_output=True, check=False, timeout=60)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"{words[0]} failed: {type(error).__name__}"]
    return [] if done.returncode == 0 else [sentence]
