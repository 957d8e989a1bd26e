"""`cmfc audit` from the command line."""

import csv
import json
import os
import pwd
import shutil
import sys
from pathlib import Path

import pytest

from cmfc.cli import audit
from cmfc.cli.main import main
from tests.audit_extract.test_worksheet import fill, honest
from tests.support.audited import Audited
from tests.support.planted_year import NIGHT

ME = pwd.getpwuid(os.getuid()).pw_name
ASKED = ["--from", "2025-01-01", "--to", "2025-12-31", "--as-known-on", NIGHT, "--seed", "42"]


@pytest.fixture
def installed(audited: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CMFC_STORE", str(audited.root / "store"))
    monkeypatch.setenv("CMFC_LISTS", str(audited.root / "lists"))
    monkeypatch.setenv("CMFC_AUDIT_KEY", "a secret key of the tests, thirty-two bytes and more")
    monkeypatch.setenv("CMFC_CLOCK", "2026-03-05T12:00:00Z")
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["cmfc", "audit", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_an_extract_is_built_estimated_and_kept_from_its_builder(
    audited: Audited, installed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = installed / "extract"
    options = ["--sample-size", "60", "--year-begins", "9", "--out", str(package), "--json"]
    assert run(monkeypatch, *ASKED, *options) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["sampled"] == 60 and summary["episodes"] == audited.summary["episodes"]
    assert (package / "sample.csv").read_bytes() == (audited.package / "sample.csv").read_bytes()
    filled = fill(audited, installed / "filled.xlsx", honest)
    out = ["--worksheet", str(filled), "--out", str(installed / "estimates")]
    assert run(monkeypatch, "estimate", "--package", str(package), *out) == 0
    assert "ncmec_on_file never: " in capsys.readouterr().out
    monkeypatch.setenv("CMFC_AUDIT_APPROVERS", f"somebody, 7:{ME}")
    assert run(monkeypatch, "release", "--package", str(package), "--reason", "as_asked") == 2
    assert "CMFC-U13" in capsys.readouterr().err and package.exists()
    monkeypatch.setattr(audit, "user", lambda: "somebody")
    assert run(monkeypatch, "release", "--package", str(package), "--reason", "as_asked") == 0
    assert (installed / "released" / "extract" / "manifest.json").is_file() and not package.exists()


def test_the_crosswalk_leads_from_every_pseudonym_to_its_id(
    audited: Audited, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMFC_AUDIT_KEY_NEXT", "the key that comes after it, also long enough")
    file = installed / "crosswalk.csv"
    assert run(monkeypatch, "crosswalk", "--as-known-on", NIGHT, "--file", str(file)) == 0
    with file.open(encoding="utf-8", newline="") as stream:
        rows = {row["pseudonym"]: row for row in csv.DictReader(stream)}
    pseudonyms = set()
    for name, columns in (("episodes", ("episode", "child")), ("exclusions", ("subject", "child"))):
        with (audited.package / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            pseudonyms |= {line[column] for line in csv.DictReader(stream) for column in columns}
    assert len(pseudonyms) > 300 and pseudonyms <= set(rows)
    children = {row["child_id"] for row in audited.planted.feeds["children"]}
    assert {row["id"] for row in rows.values() if row["kind"] == "child"} <= children
    assert all(row["new_pseudonym"] != row["pseudonym"] for row in rows.values())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], "CMFC-U11"),
        ([*ASKED], "CMFC-U11"),
        ([*ASKED, "--out", "x", "--strata", "name"], "CMFC-U11"),
        ([*ASKED[:4], "--as-known-on", "yesterday", "--seed", "1", "--out", "x"], "CMFC-C03"),
        (["--from", "2025", *ASKED[2:], "--out", "x"], "CMFC-C03"),
        ([*ASKED[:4], "--as-known-on", "2020-01-01", "--seed", "1", "--out", "x"], "CMFC-U01"),
        ([*ASKED, "--out", "x", "--agency", "nobody"], "CMFC-U01"),
        (["estimate", "--package", ".", "--worksheet", "x", "--out", "y"], "CMFC-U10"),
    ],
)
def test_what_cannot_be_done_is_said_with_a_code(
    installed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], code: str
) -> None:
    monkeypatch.chdir(installed)
    assert run(monkeypatch, *words) == 2
    assert code in capsys.readouterr().err


def test_without_a_key_nothing_is_built(
    installed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CMFC_AUDIT_KEY")
    assert run(monkeypatch, *ASKED, "--out", str(installed / "extract")) == 2
    assert "CMFC-U03" in capsys.readouterr().err and not (installed / "extract").exists()


def test_what_was_passed_on_is_listed_and_a_run_that_is_not_there_is_said(
    installed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package, options = installed / "year", [*ASKED, "--year-begins", "1"]
    assert run(monkeypatch, *options, "--out", str(package), "--json") == 0
    assert json.loads(capsys.readouterr().out)["shareable"] == "FY2025"
    monkeypatch.setenv("CMFC_AUDIT_APPROVERS", "somebody")
    monkeypatch.setenv("CMFC_LEDGER", f"sqlite:///{installed / 'own.sqlite'}")
    assert (
        run(monkeypatch, "register", "--agency", "planted") == 0 and "Nothing was passed on" in capsys.readouterr().out
    )
    monkeypatch.delenv("CMFC_LEDGER")
    monkeypatch.setattr(audit, "user", lambda: "somebody")
    assert run(monkeypatch, "release", "--package", str(package), "--reason", "as_asked") == 0
    capsys.readouterr()
    assert run(monkeypatch, "register", "--agency", "planted") == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("FY2025  2025-01-01 to 2025-12-31")
    named = [*ASKED[:4], "--run", "0" * 20, "--seed", "1", "--out", str(installed / "x")]
    assert run(monkeypatch, *named) == 2 and "CMFC-U01" in capsys.readouterr().err


def test_the_root_hash_in_the_ledger_holds_an_extract(
    installed: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Against its own copy of the verifier, and the hash that the ledger noted when the extract was built."""
    package = installed / "extract"
    assert run(monkeypatch, *ASKED, "--sample-size", "30", "--out", str(package)) == 0
    assert run(monkeypatch, "verify", str(package)) == 0
    assert "ok     manifest.json has the root hash" in capfd.readouterr().out
    text = (package / "yearly.csv").read_bytes()
    (package / "yearly.csv").write_bytes(text.replace(b",children,", b",children,9", 1))
    (package / "verify.py").write_text("print('ok')", encoding="utf-8")
    assert run(monkeypatch, "verify", str(package)) == 1
    output = capfd.readouterr().out
    assert "yearly.csv, row 2 was changed, in missing" in output and "verify.py was changed" in output
    shutil.move(package, installed / "unknown")
    assert run(monkeypatch, "verify", str(installed / "unknown")) == 2


def test_a_state_needs_a_seed_and_extracts_that_belong_together(
    audited: Audited, installed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["merge", str(audited.package), str(audited.package), "--out", str(installed / "state"), "--name", "us-xx"]
    assert run(monkeypatch, *words, "--seed", "-1") == 2 and "CMFC-U11" in capsys.readouterr().err
    assert run(monkeypatch, *words, "--seed", "1") == 2 and "CMFC-U16" in capsys.readouterr().err
    assert not (installed / "state").exists()
