"""Pseudonyms are keyed, cannot be mixed up, and a change of key leaves a crosswalk that the agency alone holds."""

import base64
import csv
import hashlib
import hmac
from pathlib import Path

import pytest

from cmfc.errors import UsageError
from cmfc.privacy.pseudonyms import Key, read_key, write_crosswalk
from tests.support.audited import KEY

OTHER = read_key("another secret key, also of thirty-two bytes")


def test_a_pseudonym_is_the_hmac_of_what_the_documentation_says() -> None:
    message = b"".join(len(part).to_bytes(4, "big") + part for part in (b"agency", b"child", b"C1"))
    digest = hmac.new(KEY.secret, message, hashlib.sha256).hexdigest()[:32]
    assert KEY.pseudonym("agency", "child", "C1") == f"C{digest}"


def test_agency_kind_id_and_key_all_count() -> None:
    pseudonyms = {
        key.pseudonym(agency, kind, record)[1:]
        for key in (KEY, OTHER)
        for agency, kind, record in (
            ("a", "child", "1"),
            ("a", "episode", "1"),
            ("b", "child", "1"),
            ("a", "child", "2"),
        )
    }
    assert len(pseudonyms) == 8
    assert KEY.pseudonym("ab", "child", "c") != KEY.pseudonym("a", "child", "bc")


@pytest.mark.parametrize("text", ["", "short", "x" * 31, "base64:" + base64.b64encode(b"short").decode(), "base64:???"])
def test_a_weak_or_absent_key_is_refused_without_being_told(text: str) -> None:
    with pytest.raises(UsageError, match="CMFC-U03") as refused:
        read_key(text)
    assert not text or text not in str(refused.value)


def test_a_key_may_be_base64() -> None:
    assert read_key("base64:" + base64.b64encode(b"k" * 48).decode()).secret == b"k" * 48


def test_a_key_is_not_printed() -> None:
    assert "secret" not in repr(KEY) and KEY.secret.decode() not in f"{KEY!r} {KEY}"
    assert KEY.fingerprint != OTHER.fingerprint and len(KEY.fingerprint) == 16


def test_a_crosswalk_leads_from_old_to_new_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "crosswalk.csv"
    assert write_crosswalk(path, "a", [("episode", "2"), ("child", "1")], KEY, OTHER) == 2
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[0] == {
        "kind": "child", "id": "1",
        "pseudonym": KEY.pseudonym("a", "child", "1"), "new_pseudonym": OTHER.pseudonym("a", "child", "1"),
    }  # fmt: skip
    with pytest.raises(UsageError, match="CMFC-U04"):
        write_crosswalk(path, "a", [], KEY)
    assert len(path.read_text(encoding="utf-8").splitlines()) == 3


def test_keys_compare_by_their_secret() -> None:
    assert Key(b"a" * 32) == Key(b"a" * 32) != Key(b"b" * 32)
