"""Great Expectations is asked once about equal rows: most feeds of most nights of a file of tests are the same.

Where it, whole processes or the crashes are the question (EACH_TIME), it is asked each time.
"""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import pytest

KNOWN: dict[bytes, Any] = {}
"""What it said, by everything that it was asked."""


EACH_TIME = ("test_gx.py", "test_gx_import.py", "test_night_in_process.py", "e2e", "test_crash.py")


@pytest.fixture(scope="module", autouse=True)
def validation_once(request: pytest.FixtureRequest) -> Iterator[None]:
    if any(name in request.path.parts for name in EACH_TIME):
        yield
    else:
        with asked_once():
            yield


@contextmanager
def asked_once() -> Iterator[None]:
    """For what is made once a session, before a fixture of a module holds."""
    from cmfc.validation import contract, gx, validate

    def once(feed: str, suite: Any, frame: Any, parameters: Any) -> Any:
        call = (feed, list(suite), {name: list(frame[name]) for name in frame}, list(frame.index), dict(parameters))
        key = sha256(pickle.dumps(call)).digest()
        if key not in KNOWN:
            KNOWN[key] = gx.run_suite(feed, suite, frame, parameters)
        return list(KNOWN[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contract, "run_suite", once)
        patch.setattr(validate, "run_suite", once)
        yield
