"""Who acts at the command line."""

import os
import pwd

from cmfc.errors import UsageError


def user() -> str:
    """Who is logged in, from the system and not from the environment."""
    return pwd.getpwuid(os.getuid()).pw_name


def acting(by: str) -> tuple[str, str]:
    """Who acts, and who enters it for them; the second is empty where a person acts for themselves.

    Args:
        by: the person named with `--by`; empty: who is logged in.

    Raises:
        UsageError: CMFC-F06 if somebody else is named by a user whom CMFC_ACT_FOR does not name.
    """
    from cmfc.settings import Settings

    login = user()
    if by.strip() in ("", login):
        return login, ""
    if not Settings().may_act_for(login):
        raise UsageError("CMFC-F06", "You may not enter what somebody else did; leave --by out.")
    return by.strip(), login
