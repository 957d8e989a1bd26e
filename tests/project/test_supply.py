"""The installer is pinned by hash, packages by the lock, images by an argument; `make sbom` lists what is installed."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bill() -> dict[str, object]:
    rule = re.search(
        r"^\t\$\(BIN\)/uv (export .*) -o \.local/sbom\.json$", (ROOT / "Makefile").read_text(), re.MULTILINE
    )
    assert rule
    command = [str(ROOT / ".venv" / "bin" / "uv"), *rule[1].split()]
    return dict(json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout))


def test_the_installer_is_pinned_by_hash() -> None:
    pin = (ROOT / "tools" / "uv.txt").read_text(encoding="utf-8")
    assert re.search(r"^uv==\d+\.\d+\.\d+ ", pin, re.MULTILINE)
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", pin)) > 10
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (installed,) = [line for line in makefile.splitlines() if "pip install" in line]
    assert "--require-hashes" in installed and installed.endswith("-r tools/uv.txt")


def test_images_can_be_named_by_digest() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    compose = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
    (default,) = re.findall(r"^ARG AIRFLOW_IMAGE=(\S+)$", dockerfile, re.MULTILINE)
    assert re.findall(r"^FROM (.*)$", dockerfile, re.MULTILINE) == ["${AIRFLOW_IMAGE}"]
    assert f"AIRFLOW_IMAGE: ${{AIRFLOW_IMAGE:-{default}}}" in compose
    assert "image: ${POSTGRES_IMAGE:-postgres:16}" in compose


def test_the_bill_of_materials_is_cyclonedx_and_holds_the_lock(bill: dict[str, object]) -> None:
    """The parts of CycloneDX 1.5 that a reader rests on; the lock says which packages and hashes there must be."""
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.5", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", str(bill["serialNumber"]))
    components, dependencies = bill["components"], bill["dependencies"]
    assert isinstance(components, list) and isinstance(dependencies, list)
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    hashes = {p["name"]: {f["hash"] for f in (p.get("sdist"), *p.get("wheels", ())) if f} for p in lock}
    versions = {(p["name"], p["version"]) for p in lock}
    assert {"duckdb", "apache-airflow-core", "great-expectations"} <= {c["name"] for c in components}
    assert "pytest" not in {c["name"] for c in components}
    for component in components:
        assert component["type"] == "library" and (component["name"], component["version"]) in versions
        assert component["purl"].startswith(f"pkg:pypi/{component['name']}@{component['version']}")
        stated = [h for reference in component["externalReferences"] for h in reference["hashes"]]
        assert (
            stated and {f"sha256:{h['content']}" for h in stated if h["alg"] == "SHA-256"} <= hashes[component["name"]]
        )
    refs = [c["bom-ref"] for c in components] + [bill["metadata"]["component"]["bom-ref"]]  # type: ignore[index]
    assert len(refs) == len(set(refs))
    assert {d["ref"] for d in dependencies} | {r for d in dependencies for r in d.get("dependsOn", ())} <= set(refs)
