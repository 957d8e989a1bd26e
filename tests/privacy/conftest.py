"""Where names may stand. Equal rows are validated once."""

from tests.validation import validation_once  # noqa: F401
