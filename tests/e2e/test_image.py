"""The Dockerfile's COPY and RUN lines, in a clean environment that holds what they build on.

Not shown by it: the base image itself (its system packages, its account, its entrypoint) and what a builder does with
layers. In its place stands a new environment with Airflow and two of the providers that the image has, unpinned as
there; for its account `airflow`, this one.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.places import PROJECT

pytestmark = pytest.mark.soak("image")
UV = PROJECT / ".venv" / "bin" / "uv"
REGISTRY = ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_SYSTEM_CERTS", "UV_NATIVE_TLS", "PIP_INDEX", "SSL_", "HTTP", "NO_PROXY")
"""Variables that say how this machine reaches its registry of packages."""
BASE = ("apache-airflow==3.3.2", "apache-airflow-providers-fab", "apache-airflow-providers-postgres")


def instructions() -> Iterator[tuple[str, str]]:
    """The Dockerfile's instructions, lines put together."""
    text = re.sub(r"\\\n", " ", (PROJECT / "Dockerfile").read_text(encoding="utf-8"))
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, rest = line.partition(" ")
            yield name, rest


class Image:
    """What the lines make, below a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root, self.venv = root, root / "venv"
        (root / "bin").mkdir()
        (root / "bin" / "uv").symlink_to(UV)
        reached = {name: value for name, value in os.environ.items() if name.startswith(REGISTRY)}
        self.environment = {
            **reached,
            "PATH": os.pathsep.join(map(str, (self.venv / "bin", root / "bin", "/usr/bin", "/bin"))),
            "HOME": str(root), "VIRTUAL_ENV": str(self.venv), "AIRFLOW_HOME": str(root / "opt" / "airflow"),
        }  # fmt: skip

    def local(self, text: str) -> str:
        return re.sub(r"(?<![\w/])/(opt/airflow|var/lib/cmfc|tmp)\b", lambda match: f"{self.root}/{match[1]}", text)

    def run(self, line: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.local(line)],
            env=self.environment, cwd=self.root, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (line, done.stderr[-3000:])
        return done.stdout

    def copy(self, words: str) -> None:
        *sources, target = (word for word in words.split() if not word.startswith("--"))
        here = Path(self.local(target))
        for source in sources:
            if (PROJECT / source).is_dir():
                shutil.copytree(PROJECT / source, here, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                here.mkdir(parents=True, exist_ok=True)
                shutil.copy(PROJECT / source, here)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    instance = Image(tmp_path_factory.mktemp("image"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(instance.venv)], check=True)
    instance.run(f"uv pip install --quiet {' '.join(BASE)}")
    (instance.root / "tmp").mkdir()
    for name, rest in instructions():
        if name == "COPY":
            instance.copy(rest)
        elif name == "ARG":
            key, _, value = rest.partition("=")
            instance.environment.setdefault(key, value.strip('"'))
        elif name == "RUN":
            account = f"-o {os.getuid()} -g {os.getgid()}"
            instance.run(rest.replace("-o airflow -g root", account))
        else:
            assert name in ("FROM", "USER"), f"{name} is not run here"
    return instance


def test_the_lines_install_what_the_lock_has_and_it_fits_together(image: Image) -> None:
    image.run("uv pip check")
    there = dict(re.findall(r"^([\w.-]+)==(\S+)$", image.run("uv pip freeze --exclude-editable"), re.MULTILINE))
    packages = tomllib.loads((PROJECT / "uv.lock").read_text(encoding="utf-8"))["package"]
    lock = {package["name"]: package["version"] for package in packages}
    for name in ("apache-airflow", "apache-airflow-providers-fab", "apache-airflow-providers-postgres", "asyncpg",
                 "duckdb", "great-expectations", "sqlalchemy", "psycopg2-binary"):  # fmt: skip
        assert there[name] == lock[name], name
    assert "pytest" not in there and "mkdocs" not in there


def test_the_project_is_where_the_services_look_for_it(image: Image) -> None:
    home = image.root / "opt" / "airflow"
    place = image.run("cd / && python -c 'import cmfc; print(cmfc.__file__)'").strip()
    assert place == str(home / "plugins" / "cmfc" / "__init__.py")
    assert "FabByLogin" in image.run("python -c 'import cmfc.orchestration.fab_logins as f; print(f.FabByLogin)'")
    assert list((home / "plugins" / "cmfc" / "__pycache__").glob("settings*.pyc")), "byte code is made"
    assert (home / "plugins" / "cmfc" / "commit.txt").read_text() == ""
    assert "reconcile" in image.run("cmfc --help")
    assert image.run("python -c 'from cmfc.settings import PROJECT; print(PROJECT)'").strip() == str(home)


def test_the_folders_of_the_volume_are_closed_and_can_be_written(image: Image) -> None:
    volume = image.root / "var" / "lib" / "cmfc"
    for folder in (volume, *(volume / name for name in ("store", "lists", "audits"))):
        about = folder.stat()
        assert (about.st_mode & 0o777, about.st_uid) == (0o700, os.getuid())
    (volume / "made-beside").mkdir()
