"""Great Expectations without PySpark, which may end the process, and with what it seldom uses imported late."""

import subprocess
import sys

from tests.support.places import PROJECT

CODE = """
import sys
{before}
from cmfc.validation.gx_import import import_gx
print(import_gx().__name__, sorted(name for name in sys.modules if name.partition(".")[0] == "pyspark") == {after})
"""


def imported(before: str, after: str) -> str:
    """Without a main file, as the workers of the tests are."""
    command = [sys.executable, "-c", CODE.format(before=before, after=after)]
    done = subprocess.run(command, cwd=PROJECT / "plugins", capture_output=True, text=True, check=True)
    assert "pandas" not in done.stderr
    return done.stdout.strip()


def test_it_is_imported_without_pyspark_wherever_that_is() -> None:
    assert imported("", "[]") == "great_expectations True"


def test_a_pyspark_that_was_there_before_is_there_again() -> None:
    stand_in = "import types; sys.modules.update({name: types.ModuleType(name) for name in ('pyspark', 'pyspark.sql')})"
    assert imported(stand_in, "['pyspark', 'pyspark.sql']") == "great_expectations True"


def test_what_an_expectation_about_a_distribution_needs_is_imported_when_it_is_used() -> None:
    later = """
import great_expectations.expectations.core.expect_column_kl_divergence_to_be_less_than as module
assert not {"scipy.stats", "altair"} & set(sys.modules)
assert module.stats.entropy([1, 1], [1, 1]) == 0 and module.alt.Chart.__name__ == "Chart"
assert {"scipy.stats", "altair"} < set(sys.modules)
"""
    command = [sys.executable, "-c", CODE.format(before="", after="[]") + later]
    assert subprocess.run(command, cwd=PROJECT / "plugins", capture_output=True, check=False).returncode == 0
