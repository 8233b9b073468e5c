"""How old a key is, and when that is too old. An unknown age is due: nobody can say that it is young."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from vzctl.domain.state.records import Credential
from vzctl.errors import UsageError

LONGEST_MAXIMUM_AGE_DAYS: Final = 36_500
"""A hundred years; more is a slip of the finger."""
AHEAD: Final = timedelta(days=1)
"""How far ahead of this clock a date may be: where the sun rises earlier, today is tomorrow already."""


def require_maximum_age(days: int | None) -> None:
    """Raise `UsageError` for a limit that is none."""
    if days is not None and not 1 <= days <= LONGEST_MAXIMUM_AGE_DAYS:
        raise UsageError(
            f"a maximum age is 1 day or more, and {LONGEST_MAXIMUM_AGE_DAYS} at most", code="MAXIMUM_AGE_INVALID"
        )


def require_past(set_at: datetime | None, now: datetime) -> datetime | None:
    """Return the time that a key was set, or raise `UsageError`: a key from the future would never become due."""
    if set_at is not None and set_at > now + AHEAD:
        raise UsageError(f"{set_at:%Y-%m-%d} is in the future: --set-at says when the key was set", code="DATE_INVALID")
    return set_at


def maximum_age_days(credential: Credential, policy_days: int) -> int:
    """Return the credential's own limit, or the policy's."""
    return credential.max_age_days if credential.max_age_days is not None else policy_days


def is_due(credential: Credential, now: datetime, policy_days: int) -> bool:
    """Whether the key has reached its limit, or its age is unknown."""
    age = credential.age_days(now)
    return age is None or age >= maximum_age_days(credential, policy_days)
