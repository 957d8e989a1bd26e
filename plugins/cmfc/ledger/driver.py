"""What a database driver's error means: the ledger did not answer, or it refused a row. Its text may quote the row."""

from cmfc.errors import CmfcError

_PASSING = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR")


def may_pass(error: BaseException | None, is_lost: bool) -> bool:
    """Whether the database did not answer; SQLite says OperationalError of a wrong statement or table too.

    What a server that stops in the middle says comes as a plain DatabaseError from some drivers.

    Args:
        error: the driver's own; its classes are named alike in every driver (PEP 249).
        is_lost: the connection is known to be broken.
    """
    name = getattr(error, "sqlite_errorname", "")
    if is_lost or (type(error).__name__ == "DatabaseError" and not name):
        return True
    kinds = {kind.__name__ for kind in type(error).__mro__}
    return bool(kinds & {"OperationalError", "InterfaceError"}) and (not name or name.startswith(_PASSING))


def refusal(error: BaseException | None, is_lost: bool = False) -> CmfcError:
    """The error to raise instead: CMFC-J01 or CMFC-J10, with the class of the driver's alone."""
    kind = type(error).__name__
    if may_pass(error, is_lost):
        return CmfcError("CMFC-J01", "The ledger did not answer, or another writer held it for too long.", kind)
    return CmfcError("CMFC-J10", "The ledger refused a row.", kind)
