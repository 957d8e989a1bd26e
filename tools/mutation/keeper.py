"""A plugin of pytest for the baseline: keeps the nights that tests judge, and what Great Expectations said."""

import importlib
import os
import pickle
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

SHARED = "CMFC_TEST_MUTANTS"
"""The environment's name for the folder of the baseline."""
FOLDER, TESTS, WORLDS, MORE = "nights", "tests", "worlds", "more"
TRUTHS = "tests.support.validation"
"""The module whose fixture asks Great Expectations once about equal rows."""


def pytest_configure() -> None:
    """Before a night is judged, keeps all it is judged from, once, and the name of the test that asks."""
    from cmfc.reconcile import engine

    judge = engine.judge

    def kept(
        opened: Any, checked: Path, night: Any, law: Any, known: Any = None, matches: Any = None, is_tidy: bool = False
    ) -> None:
        _keep(Path(os.environ[SHARED]) / FOLDER, checked, (night, law), {"known": known, "matches": matches})
        judge(opened, checked, night, law, known, matches, is_tidy)

    engine.judge = kept  # type: ignore[assignment]


def pytest_sessionfinish() -> None:
    """Leaves what Great Expectations said to this process."""
    (Path(os.environ[SHARED]) / f"truths-{os.getpid()}.pickle").write_bytes(pickle.dumps(_truths()))


def recall(shared: Path) -> None:
    """Great Expectations is not asked again about rows that the baseline asked about."""
    for file in shared.glob("truths-*.pickle"):
        _truths().update(pickle.loads(file.read_bytes()))


def _truths() -> Any:
    return importlib.import_module(TRUTHS).KNOWN


def _keep(folder: Path, checked: Path, night: tuple[Any, Any], beside: dict[str, Path | None]) -> None:
    files = {f"checked/{path.name}": path for path in sorted(checked.iterdir()) if path.is_file()}
    files |= {f"{name}.parquet": path for name, path in beside.items() if path is not None}
    digest = sha256(repr(night).encode())
    for name, path in files.items():
        digest.update(name.encode() + path.read_bytes())
    here = folder / digest.hexdigest()[:16]
    if not here.exists():
        making = folder.parent / f"{here.name}.{os.getpid()}"
        (making / "checked").mkdir(parents=True)
        for name, path in files.items():
            shutil.copy(path, making / name)
        (making / "night.pickle").write_bytes(pickle.dumps(night))
        folder.mkdir(exist_ok=True)
        try:
            making.rename(here)
        except OSError:  # another process kept it at the same time
            shutil.rmtree(making)
    with (here / TESTS).open("a", encoding="utf-8") as tests:
        tests.write(os.environ.get("PYTEST_CURRENT_TEST", WORLDS) + "\n")
