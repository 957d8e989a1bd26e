"""Whatever is done to a table is found, also where the hashes were made again, against the root hash alone."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.evidence import Cells, Edit, Evidence, edits_of, not_proven, seen_by_content

pytestmark = pytest.mark.long


def how_many(step: int) -> pytest.MarkDecorator:
    """Every so manieth edit of each table; all of them in the soak."""
    whole = pytest.param(1, marks=pytest.mark.soak("audit"))
    return pytest.mark.parametrize("step", [step, whole], ids=[f"one in {step}", "every one"])


@how_many(5)
def test_with_the_root_hash_every_edit_is_located_by_row_whether_or_not_the_hashes_were_renewed(
    evidence: Evidence, step: int
) -> None:
    """Every CSV, every column, every kind of edit."""
    tried, missed = not_proven(evidence, lambda rows: islice(edits_of(rows), 0, None, step))
    print(f"located with the root hash: {tried - len(missed)} of {tried}")
    assert missed == [] and tried > 800 / step


@how_many(20)
def test_what_the_content_alone_shows_where_everything_was_renewed(evidence: Evidence, step: int) -> None:
    """No root hash, and every hash made again: the tables still contradict each other nearly everywhere."""
    located, missed, unseen = seen_by_content(evidence, lambda rows: islice(edits_of(rows), 0, None, step))
    share = located / (located + len(missed))
    print(f"located from the content alone: {located} of {located + len(missed)}; not: {', '.join(missed)}")
    print(f"seen by no table: {len(unseen)}: {', '.join(unseen)}")
    assert share > 0.9 and len(unseen) < len(missed), unseen


def test_an_edit_of_a_state_is_located_with_the_root_hash(state_evidence: Evidence) -> None:
    """Of every table a row taken out and a value changed, with the hashes made again."""

    def edits(rows: Cells) -> Iterator[Edit]:
        some = [one for one in edits_of(rows) if one[0].startswith(("change", "delete"))]
        yield from (some[-1], some[len(some) // 2])

    tried, missed = not_proven(state_evidence, edits)
    assert missed == [] and tried > 100


@pytest.mark.soak("audit")
def test_every_edit_of_a_state(state_evidence: Evidence, figures: Counter[str]) -> None:
    tried, missed = not_proven(state_evidence, edits_of)
    located, not_located, unseen = seen_by_content(state_evidence, edits_of)
    figures.update(state_edits=tried, state_proven=tried - len(missed))
    figures.update(state_edits_alone=located + len(not_located), state_located_alone=located)
    figures.update(state_seen_alone=located + len(not_located) - len(unseen))
    print(f"not located by the content: {', '.join(not_located)}\nseen by no table: {', '.join(unseen)}")
    assert missed == [] and located > 0.9 * (located + len(not_located))


def test_the_root_hash_is_told_where_everything_was_renewed(evidence: Evidence) -> None:
    rows = evidence.read("yearly.csv")
    rows[1][-1] = str(int(rows[1][-1]) + 1)
    with evidence.edited("yearly.csv", rows, ("manifest", "fingerprints")):
        output = evidence.output(evidence.root)
    assert (
        "WRONG  manifest.json has the root hash" in output and "fingerprints.json is not as approved either" in output
    )


def test_a_coherent_forgery_of_verdicts_is_found_line_by_line(evidence: Evidence) -> None:
    """Late and missing become met and over, the times stay, the tables and all hashes are made again."""
    rows = evidence.read("episodes.csv")
    head = rows[0]
    forged = 0
    for row in rows[1:]:
        for to in ("le", "ncmec"):
            at = head.index(f"{to}_verdict")
            if row[at] in ("late", "missing"):
                row[at], forged = {"late": "met", "missing": "ended_first"}[row[at]], forged + 1
    with evidence.edited("episodes.csv", rows, ("manifest", "fingerprints")):
        package = evidence.module.Package(evidence.folder)
        setting = evidence.module.setting_of(package, package.fact("night"))
        wrong = evidence.module.wrong_lines(package.table("episodes"), setting)
    assert forged > 20
    assert sum(one.column in ("le_verdict", "ncmec_verdict") for one in wrong) == forged


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda folder: (folder / "episodes.csv").unlink(), "episodes.csv is missing"),
        (
            lambda folder: (folder / "yearly.csv").write_text("year,counted\r\nx,y,z\r\n"),
            "yearly.csv, row 2 has 3 cells",
        ),
        (lambda folder: (folder / "tables.xlsx").write_bytes(b"PK"), "tables.xlsx cannot be read: BadZipFile"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "manifest.json cannot be read"),
        (lambda folder: (folder / "manifest.json").unlink(), "manifest.json is missing"),
        (lambda folder: (folder / "fingerprints.json").write_text("[]"), "fingerprints.json was changed"),
        (lambda folder: (folder / "datapackage.json").write_text("{}"), "datapackage.json was changed"),
        (lambda folder: (folder / "rules.csv").write_bytes(b"\xff\xfe"), "rules.csv cannot be read"),
        (
            lambda folder: (folder / "datapackage.json").write_text('{"resources": [{"path": 3, "schema": []}]}'),
            "datapackage.json does not describe the files as it should",
        ),
        (
            lambda folder: (folder / "datapackage.json").write_text("[" * 9999),
            "datapackage.json cannot be read: RecursionError",
        ),
        (lambda folder: _set(folder, "sample", {"strata": 3}), "a file has not the form that it should have"),
        (lambda folder: _set(folder, "zone_changes", [["x", []]]), "a file has not the form that it should have"),
        (lambda folder: _set(folder, "night", 3), "manifest.json"),
    ],
    ids=["no lines", "a short row", "no workbook", "no JSON", "no manifest", "no prints", "no description", "no text",
         "an odd description", "a deep one", "odd strata", "odd changes of a zone", "an odd night"],
)  # fmt: skip
def test_what_is_missing_or_odd_is_a_sentence(
    evidence: Evidence, tmp_path: Path, harm: Callable[[Path], object], sentence: str
) -> None:
    folder = Path(shutil.copytree(evidence.folder, tmp_path / "package"))
    harm(folder)
    output = Evidence.output(_Harmed(folder, evidence.module), evidence.root)
    assert sentence in output, output


def _set(folder: Path, name: str, value: object) -> None:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    (folder / "manifest.json").write_text(json.dumps(manifest | {name: value}), encoding="utf-8")


class _Harmed(Evidence):
    def __init__(self, folder: Path, module: ModuleType) -> None:
        self.folder, self.module = folder, module


@pytest.mark.parametrize(
    ("column", "value"),
    [("le_calendar_days", "n/a"), ("age", "old"), ("age", "--5"), ("began_earliest", "yesterday"),
     ("has_ncic_entry", "maybe")],
)  # fmt: skip
def test_an_odd_value_is_named_by_row_and_column(evidence: Evidence, column: str, value: str) -> None:
    rows = evidence.read("episodes.csv")
    at = next(n for n, row in enumerate(rows[1:], start=1) if row[rows[0].index(column)])
    rows[at][rows[0].index(column)] = value
    with evidence.edited("episodes.csv", rows):
        output = evidence.output()
    assert f"episodes.csv, row {at + 1}, column {column}: '{value}'" in output


def test_what_a_file_holds_cannot_look_like_a_line_of_the_report_or_stop_a_console(evidence: Evidence) -> None:
    rows = evidence.read("timeliness.csv")
    rows[1][5] = "\nok     every file"
    rows[2][5] = "\u0663"
    verifier = [sys.executable, "-I", "-S", str(evidence.folder / "verify.py"), str(evidence.folder)]
    with evidence.edited("timeliness.csv", rows):
        done = subprocess.run(verifier, capture_output=True, text=True, check=False, env={"PYTHONIOENCODING": "cp1252"})
    assert done.returncode == 1 and not done.stderr
    assert "'\\nok     every file' is not a whole number" in done.stdout


def test_what_a_desktop_leaves_in_the_folder_is_noted_and_nothing_else_may_lie_there(
    evidence: Evidence, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(evidence.folder, tmp_path / "package"))

    def output() -> str:
        verifier = [sys.executable, "-I", "-S", str(folder / "verify.py"), str(folder)]
        return subprocess.run(verifier, capture_output=True, text=True, check=False).stdout

    (folder / ".DS_Store").write_bytes(b"Bud1")
    assert "note   left there by a desktop, no part of the package: .DS_Store" in output() and "WRONG" not in output()
    (folder / "notes.txt").write_text("of the auditor", encoding="utf-8")
    assert "notes.txt is not in the manifest" in output()


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_a_signature_holds_for_the_manifest_that_was_signed_and_no_other(evidence: Evidence, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(evidence.folder, tmp_path / "package"))
    key, manifest = tmp_path / "key", folder / "manifest.json"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    subprocess.run(["ssh-keygen", "-Y", "sign", "-q", "-f", key, "-n", "cmfc-audit-extract", manifest], check=True)
    signers = tmp_path / "signers"
    signers.write_text(f"vera {key.with_suffix('.pub').read_text()}", encoding="utf-8")
    verifier = [sys.executable, "-I", "-S", str(folder / "verify.py"), str(folder)]

    def output(*words: str) -> str:
        return subprocess.run([*verifier, *words], capture_output=True, text=True, check=False).stdout

    assert "note   check the signature: ssh-keygen -Y verify -f ALLOWED_SIGNERS -I SIGNER" in output()
    signed = ("--signers", str(signers), "--signer", "vera")
    assert "ok     a signature or time stamp holds" in output(*signed) and "not in the manifest" not in output(*signed)
    manifest.write_bytes(manifest.read_bytes() + b" ")
    assert "manifest.json.sig is not the signature of vera" in output(*signed)
    (folder / "manifest.json.sig").unlink()
    assert "manifest.json.sig is missing" in output(*signed) and "note   nobody signed" in output()
    assert "manifest.json.tsr is missing" in output("--authority", "ca.pem")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_time_stamp_that_is_none_is_refused_and_its_command_said(evidence: Evidence, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(evidence.folder, tmp_path / "package"))
    (folder / "manifest.json.tsr").write_bytes(b"no stamp")
    (tmp_path / "ca.pem").write_text("", encoding="utf-8")
    verifier = [sys.executable, "-I", "-S", str(folder / "verify.py"), str(folder)]
    output = subprocess.run(verifier, capture_output=True, text=True, check=False).stdout
    assert "note   check the time stamp: openssl ts -verify -in" in output
    refused = [*verifier, "--authority", str(tmp_path / "ca.pem")]
    output = subprocess.run(refused, capture_output=True, text=True, check=False).stdout
    assert "manifest.json.tsr is not a stamp of manifest.json by this authority" in output
