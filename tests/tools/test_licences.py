"""THIRD_PARTY_NOTICES.md is what uv.lock holds, and names every part under a GNU or Mozilla licence."""

import tomllib

import pytest

from tools import licences

LOCK = tomllib.loads((licences.ROOT / "uv.lock").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def listed() -> dict[str, licences.Package]:
    return {package.name: package for package in licences.packages(LOCK)}


def test_the_page_is_up_to_date() -> None:
    assert licences.PAGE.read_text(encoding="utf-8") == licences.notices(), "run python -m tools.licences --write"


def test_every_package_of_the_lock_is_listed_with_a_licence(listed: dict[str, licences.Package]) -> None:
    assert set(listed) == {entry["name"] for entry in LOCK["package"]} - {"cmfc"}
    assert [package.name for package in listed.values() if package.licence in ("", "not said")] == []


def test_every_copyleft_part_has_its_sentence(listed: dict[str, licences.Package]) -> None:
    assert {package.name for package in listed.values() if package.is_copyleft} == set(licences.NOTES)
    assert {"psycopg2-binary", "text-unidecode", "certifi", "scipy"} <= set(licences.NOTES)
    assert set(licences.ONLY_NAMED) <= set(listed)


def test_the_product_and_the_tests_are_told_apart(listed: dict[str, licences.Package]) -> None:
    assert not listed["duckdb"].is_for_work and not listed["numpy"].is_for_work
    assert listed["pytest"].is_for_work and listed["pre-commit"].is_for_work


@pytest.mark.parametrize("words", ["LGPL with exceptions", "GNU Lesser General Public License", "MPL-2.0", "GPLv3"])
def test_gnu_and_mozilla_licences_are_seen(words: str) -> None:
    assert licences.COPYLEFT.search(words)


@pytest.mark.parametrize("words", ["BSD License", "MIT", "A simple licence", "Python Software Foundation License"])
def test_others_are_not(words: str) -> None:
    assert not licences.COPYLEFT.search(words)
