"""How Great Expectations is imported and run at less cost: its import is most of what a small night takes."""

import atexit
import gc
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands for a module that is imported once something in it is used."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


_INSTEAD = {"pyspark": None, "altair": _Later("altair"), "scipy.stats": _Later("scipy.stats")}
"""What it finds in place of packages that it has no use for here.

PySpark 4.3, where it is installed for the second engine (docs/how-to/spark.md), takes two seconds, warns of pandas 3,
and ends a process that has no main file, such as a worker of the tests, with a zero; None is not found. The others, for
drawings and tests of distributions, take one second, and are there when an agency's own expectation asks for them.
"""


@cache
def import_gx() -> Any:
    """Great Expectations, which every module imports by this function."""
    with ExitStack() as stack:
        stack.enter_context(_no_collection())
        for name, instead in _INSTEAD.items():
            stack.enter_context(_replaced(name, instead))
        import great_expectations
    return great_expectations


@contextmanager
def _replaced(package: str, instead: ModuleType | None) -> Iterator[None]:
    """Let imports find something else in the place of a package."""
    loaded = {name: module for name, module in sys.modules.items() if f"{name}.".startswith(f"{package}.")}
    for name in loaded:
        del sys.modules[name]
    sys.modules[package] = instead  # type: ignore[assignment] # None is for what is not to be found
    try:
        yield
    finally:
        del sys.modules[package]
        sys.modules.update(loaded)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Nothing that an import makes is garbage, now or later: to look for some in a million objects takes 0.3 s."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        atexit.register(gc.unfreeze)  # else DuckDB, imported before, says at the end that it leaked
        if was_on:
            gc.enable()


@contextmanager
def built_once() -> Iterator[None]:
    """An expectation's configuration is built once while this lasts: a run looks at each about a hundred times."""
    import_gx()
    from great_expectations.expectations.expectation import Expectation

    build: Any = Expectation.configuration
    built: dict[int, tuple[Any, Any]] = {}

    def configuration(expectation: Any) -> Any:
        if id(expectation) not in built:  # kept beside it, so that no other gets this number
            built[id(expectation)] = expectation, build.fget(expectation)
        return built[id(expectation)][1]

    changed: Any = Expectation
    changed.configuration = property(configuration)
    try:
        yield
    finally:
        changed.configuration = build
