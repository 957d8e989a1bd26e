"""How Great Expectations is imported and run at less cost: its import is most of what a small night takes."""

import atexit
import gc
import sys
from collections.abc import Callable, Iterator
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


_PLAIN = (str, int, float, bool, type(None), list, tuple)
"""Types of arguments whose text names them; a list is one of such."""


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
def without_repeats() -> Iterator[None]:
    """While this lasts, Great Expectations works out once what a run asks for hundreds of times, and no fingerprint.

    An expectation's configuration, which a run looks at about a hundred times, and the expectation of a configuration,
    which each metric makes anew; the name of a metric's arguments; the hash of all rows, which nothing of ours reads.
    """
    import_gx()
    from great_expectations.core.id_dict import IDDict
    from great_expectations.execution_engine import pandas_execution_engine
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    name_of = IDDict.to_id
    names: dict[tuple[type, str], Any] = {}

    def to_id(arguments: Any, *keys: Any, **which: Any) -> Any:
        if keys or which or not all(type(value) in _PLAIN for value in arguments.values()):
            return name_of(arguments, *keys, **which)
        whose = type(arguments), repr(arguments)  # a subclass leaves some of them out of its name
        if whose not in names:
            names[whose] = name_of(arguments)
        return names[whose]

    with ExitStack() as stack:
        for owner, name, instead in (
            (Expectation, "configuration", property(_once(Expectation.__dict__["configuration"].fget))),
            (ExpectationConfiguration, "to_domain_obj", _once(ExpectationConfiguration.to_domain_obj)),
            (IDDict, "to_id", to_id),
            (pandas_execution_engine, "HASH_THRESHOLD", 0),
        ):
            stack.callback(setattr, owner, name, owner.__dict__[name])
            setattr(owner, name, instead)
        yield


def _once(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What is made of an object, made once; the object is kept beside it, so that no other gets its number."""
    results: dict[int, tuple[Any, Any]] = {}

    def once(one: Any) -> Any:
        if id(one) not in results:
            results[id(one)] = one, make(one)
        return results[id(one)][1]

    return once
