"""Makes the model that comes with cmfc, from an invented agency without ids: `python -m cmfc_demo.shipped_model`."""

import tempfile
from pathlib import Path

import pyarrow.parquet as pq

import cmfc.matching
from cmfc.matching.model import SHIPPED, model_bytes
from cmfc.matching.training import train
from cmfc_demo.linkage_truth import AS_OF
from cmfc_demo.synthetic.strays import draw_strays

TARGET = Path(cmfc.matching.__file__).parent / "models" / f"{SHIPPED}.json"
CHILDREN, SEED, NOISE = 20_000, 1, "typical"


def train_default() -> bytes:
    """The model's file."""
    with tempfile.TemporaryDirectory(prefix="cmfc-model-") as folder:
        for name, table in draw_strays(CHILDREN, SEED, AS_OF, NOISE).feeds.items():
            pq.write_table(table, Path(folder, f"{name}.parquet"))
        return model_bytes(train(Path(folder), AS_OF, SHIPPED))


if __name__ == "__main__":
    TARGET.write_bytes(train_default())
