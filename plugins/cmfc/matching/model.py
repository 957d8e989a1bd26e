"""The linkage model as a file: what each step of likeness weighs, how that was estimated, and its digest (spec 4.1).

The file holds probabilities and counts only: no name, so it may be kept and compared, and no SQL, so reading one runs
nothing. What is compared stands in comparisons.py, and a model that was made for other comparisons is refused.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from cmfc.errors import InputError, UsageError
from cmfc.matching.comparisons import COMPARISONS, shape_digest

FORMAT = 1
SHIPPED = "default"
LEAST_FREQUENCY = 1e-4
"""A name counts as this frequent at least, however rare it is: brothers and sisters share a rare name too."""


@dataclass(frozen=True)
class Weight:
    """How often a step of likeness is seen among rows of one child (m) and among rows of two (u)."""

    m: float
    u: float


@dataclass(frozen=True)
class Model:
    """A model.

    Attributes:
        name: how the mapping calls it.
        reports_on_file: share of the reports whose child is on file; with the number of children it gives the prior.
        weights: by comparison, then by level.
        training: counts and settings of the training, for people.
        shape: of the comparisons it was made for.
    """

    name: str
    reports_on_file: float
    weights: Mapping[str, Mapping[str, Weight]]
    training: Mapping[str, Any] = field(default_factory=dict)
    shape: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of what decides: the shape, the share and the weights; not of the name or the summary."""
        body = {"format": FORMAT, **asdict(self)}
        del body["name"], body["training"]
        return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def load_model(name: str, folder: Path | None = None) -> Model:
    """Reads the model of that name from an agency's folder of models; `default` is the one that comes with cmfc.

    Raises:
        UsageError: CMFC-E01 there is no such model.
        InputError: CMFC-E02 the file is no model, was changed by hand, or is for other comparisons.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name):
        raise UsageError("CMFC-E01", "A linkage model's name consists of letters, digits, - and _.")
    if name == SHIPPED:
        return read_model(files("cmfc.matching").joinpath("models", f"{SHIPPED}.json").read_bytes())
    path = folder / f"{name}.json" if folder else None
    if path is None or not path.is_file():
        raise UsageError("CMFC-E01", f"There is no linkage model '{name}'; train one with cmfc train-linkage.")
    return read_model(path.read_bytes())


def read_model(text: bytes) -> Model:
    """A model from the bytes of its file; see `load_model`."""
    try:
        body = json.loads(text)
        weights = {c: {n: Weight(w["m"], w["u"]) for n, w in levels.items()} for c, levels in body["weights"].items()}
        model = Model(body["name"], body["reports_on_file"], weights, body["training"], body["shape"])
        digest, shape = body["digest"], {c.name: {level.name for level in c.levels} for c in COMPARISONS}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError("CMFC-E02", "The linkage model's file is not a model.") from None
    if model.shape != shape_digest() or {c: set(levels) for c, levels in weights.items()} != shape:
        raise InputError("CMFC-E02", "The linkage model was made for other comparisons; train it anew.")
    if digest != model.digest:
        raise InputError("CMFC-E02", "The linkage model was changed after it was written; train it anew.")
    return model


def model_bytes(model: Model) -> bytes:
    """The file of a model; the same model gives the same bytes."""
    body = {"format": FORMAT, "digest": model.digest, **asdict(model)}
    return json.dumps(body, indent=1, sort_keys=True).encode() + b"\n"
