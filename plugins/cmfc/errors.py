"""Errors a person can act on: a stable code, one sentence for an analyst, one for an engineer, a runbook."""


class CmfcError(Exception):
    """A failure with a stable code.

    `message` is for an analyst and `detail` for an engineer; neither may carry a name, a birth date, a report number
    or free text from a record (spec 6, Privacy). The runbook is docs/runbooks/<code>.md.
    """

    exit_code = 2

    def __init__(self, code: str, message: str, detail: str = "") -> None:
        super().__init__(f"{code}: {message}" + (f" [{detail}]" if detail else ""))
        self.code = code
        self.message = message
        self.detail = detail


class InputError(CmfcError):
    """The night cannot go on with this input: the last list stays (exit code 1)."""

    exit_code = 1


class UsageError(CmfcError):
    """Wrong usage or a broken installation (exit code 2)."""
