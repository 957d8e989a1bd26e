"""Great Expectations looks for PySpark when it is imported, and PySpark 4.3 may end that process."""

import subprocess
import sys

from tests.support.places import PROJECT

CODE = """
import sys
{before}
from cmfc.validation.gx import import_gx
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
