"""Who acts at the command line, and when: the system's user and the machine's time."""

import time

import pytest

from cmfc.cli.acting import acting, user
from cmfc.errors import UsageError
from cmfc.ledger.queries import Event
from cmfc.settings import Settings


def test_the_systems_user_acts_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "director")
    assert user() != "director" and acting("") == acting(user()) == (user(), "")


@pytest.mark.parametrize(("allowed", "is_refused"), [("", True), ("kim, lee", True), ("kim, {}", False)])
def test_only_named_users_enter_for_somebody_else(
    allowed: str, is_refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMFC_ACT_FOR", allowed.format(user()))
    if is_refused:
        with pytest.raises(UsageError, match="CMFC-F06"):
            acting("director")
    else:
        assert acting("director") == ("director", user())


def test_history_shows_who_entered_it() -> None:
    event = Event(1, "x", "acknowledged", None, 0, "pat", {"entered_by": "kim"}, None)
    assert event.who == "entered by kim for pat"


def test_acts_carry_the_machines_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMFC_CLOCK", "2025-01-01T00:00:00Z")
    assert Settings().act_time() >= int(time.time()) - 60 > Settings().now()
    monkeypatch.setenv("CMFC_CLOCK_FOR_ACTS", "true")
    assert Settings().act_time() == Settings().now()
