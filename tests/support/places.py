"""Where the project is, and a home for Airflow that goes when the tests end."""

import atexit
import shutil
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
HOME = Path(tempfile.mkdtemp(prefix="cmfc-airflow-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
