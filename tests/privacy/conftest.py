"""Where names may stand. Equal rows are validated once."""

from tests.support.validation import validation_once  # noqa: F401
