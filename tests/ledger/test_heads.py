"""Heads that leave the machine: signed, time-stamped by an authority of our own, and brought back."""

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from cmfc.errors import CmfcError, UsageError
from cmfc.ledger.heads import head_line, heads_in
from cmfc.ledger.journal import Head
from cmfc.ledger.witness import is_signed, is_stamped, witnessed

HEAD, OTHER = Head(812, "9f" * 32), Head(813, "a0" * 32)
CONFIG = """
[ tsa ]
default_tsa = local
[ local ]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
[ req ]
distinguished_name = name
prompt = no
[ name ]
CN = An authority of our own
[ stamps ]
basicConstraints = critical,CA:TRUE
extendedKeyUsage = critical,timeStamping
"""


def run(*words: str | Path) -> None:
    subprocess.run([str(word) for word in words], check=True, capture_output=True)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key")
    public = (tmp_path / "key.pub").read_text().split()
    (tmp_path / "signers").write_text(f"cmfc@hill {public[0]} {public[1]}\n")
    return tmp_path / "key"


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[str]:
    """An RFC 3161 authority on this machine: `openssl ts -reply` behind HTTP."""
    config = tmp_path / "tsa.cnf"
    config.write_text(CONFIG.format(folder=tmp_path))
    (tmp_path / "serial").write_text("01\n")
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "tsa.key", "-out",
        tmp_path / "tsa.pem", "-days", "2", "-config", config, "-extensions", "stamps")  # fmt: skip

    class Stamps(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (tmp_path / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            run("openssl", "ts", "-reply", "-config", config, "-queryfile", tmp_path / "query", "-out",
                tmp_path / "reply")  # fmt: skip
            self.send_response(200)
            self.end_headers()
            self.wfile.write((tmp_path / "reply").read_bytes())

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Stamps)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_a_signed_and_stamped_head_comes_back(key: Path, authority: str, tmp_path: Path) -> None:
    text = witnessed("hill", HEAD, key, authority)
    saved = tmp_path / "message.txt"
    saved.write_text(f"Subject: the list\n\n{text}")
    assert heads_in(saved, "hill") == [HEAD]
    signers, certificates = tmp_path / "signers", tmp_path / "tsa.pem"
    line, another = head_line("hill", HEAD), head_line("hill", OTHER)
    assert is_signed(line, text, signers) and is_stamped(line, text, certificates)
    assert not is_signed(another, text, signers) and not is_stamped(another, text, certificates)
    assert not is_signed(line, head_line("hill", HEAD), signers)


def test_another_key_signs_for_nobody(key: Path, tmp_path: Path) -> None:
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other")
    text = witnessed("hill", HEAD, tmp_path / "other", "")
    assert not is_signed(head_line("hill", HEAD), text, tmp_path / "signers")
    assert is_signed(head_line("hill", HEAD), witnessed("hill", HEAD, key, ""), tmp_path / "signers")


def test_a_tool_that_fails_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CmfcError, match="CMFC-J13"):
        witnessed("hill", HEAD, tmp_path / "no key", "")
    with pytest.raises(CmfcError, match="CMFC-J13"):
        witnessed("hill", HEAD, None, "http://127.0.0.1:9/")


def test_heads_are_read_from_messages_manifests_and_notes(tmp_path: Path) -> None:
    file = tmp_path / "heads.txt"
    file.write_text(f"{head_line('hill', HEAD)}\n{head_line('dale', Head(1, 'b' * 64))}\n"
                    f'{{"journal_head": "{OTHER}"}}\n')  # fmt: skip
    assert heads_in(file, "hill") == [HEAD, OTHER]
    file.write_text("nothing here")
    with pytest.raises(UsageError, match="CMFC-J07"):
        heads_in(file, "hill")
