"""Which code judged: only rooms that decide count, and a commit that is not known is no error."""

import shutil
import subprocess
from pathlib import Path

import pytest

from cmfc.pipeline.code import COMMIT, DECIDING, PACKAGE, commit_of, current_code, deciding_digest, extract_version


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("code") / "plugins" / "cmfc"
    return Path(shutil.copytree(PACKAGE, target, ignore=shutil.ignore_patterns("__pycache__")))


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("review/pages/sorry.html.j2", False),
        ("cli/main.py", False),
        ("ledger/store.py", False),
        ("pipeline/nightly.py", False),
        *((f"{room}/__init__.py", True) for room in DECIDING),
        ("reconcile/steps/010_evidence.sql", True),
        ("feeds/catalog.yml", True),
    ],
)
def test_a_comment_counts_where_verdicts_and_lists_are_made(file: str, counts: bool, package: Path) -> None:
    before, path = deciding_digest(package), package / file
    content = path.read_bytes()
    path.write_bytes(content + b"\n")
    assert (deciding_digest(package) != before) is counts
    path.write_bytes(content)
    assert deciding_digest(package) == before == deciding_digest(PACKAGE)


def test_a_file_that_is_renamed_or_added_counts(package: Path) -> None:
    before, path = deciding_digest(package), package / "reconcile" / "macros.py"
    path.rename(path.with_name("words.py"))
    assert deciding_digest(package) != before
    path.with_name("words.py").rename(path)
    (package / "reconcile" / "empty.sql").touch()
    assert deciding_digest(package) != before
    (package / "reconcile" / "empty.sql").unlink()


def test_an_extract_names_the_code_that_makes_extracts_too(package: Path) -> None:
    rooms, path = (*DECIDING, "audit_extract"), package / "audit_extract" / "tables.py"
    before, content = (deciding_digest(package, rooms), deciding_digest(package)), path.read_bytes()
    path.write_bytes(content + b"\n")
    assert deciding_digest(package, rooms) != before[0] and deciding_digest(package) == before[1]
    path.write_bytes(content)
    assert before[0].startswith(extract_version().partition("+")[2])
    assert before[1].startswith(current_code().version.partition("+")[2])


def test_byte_code_does_not_count(package: Path) -> None:
    before, cache = deciding_digest(package), package / "law" / "__pycache__"
    cache.mkdir()
    (cache / "x.pyc").write_bytes(b"x")
    assert deciding_digest(package) == before


def test_the_commit_comes_from_the_repository_or_the_file_made_at_build_or_is_empty(tmp_path: Path) -> None:
    package = tmp_path / "plugins" / "cmfc"
    package.mkdir(parents=True)
    assert commit_of(package) == ""
    (package / COMMIT).write_text("4f1c\n")
    assert commit_of(package) == "4f1c"
    (tmp_path / ".git").write_text("gitdir: nowhere")
    assert commit_of(package) == ""  # a repository that git refuses
    (tmp_path / ".git").unlink()
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True)
    commit = commit_of(package)
    assert len(commit) == 40 and int(commit, 16)
    (package / COMMIT).write_text("other")
    assert commit_of(package) == f"{commit}-dirty"
