"""Service tokens: what one looks like, and what of it is kept.

`vzt_ID_RANDOM`: the id finds the one hash to compare with, so that the comparison takes as long for a token that nobody
knows as for one that is almost right. RANDOM is 256 bits: its SHA-256 cannot be guessed back, whatever its speed.
"""

from __future__ import annotations

import re
from typing import Final

PREFIX: Final = "vzt"
HEADERS: Final = ("x-vzctl-token", "vzctltoken")
"""Either one is read. The second has no punctuation, which an environment variable of the Data API would lose."""
NO_DIGEST: Final = bytes(32)
_FORM: Final = re.compile(r"vzt_([0-9A-Za-z-]{1,64})_([0-9a-f]{64})")


def make_token(token_id: str) -> str:
    """Return a new token with that id."""
    import secrets  # only one command makes tokens

    return f"{PREFIX}_{token_id}_{secrets.token_hex(32)}"


def token_digest(text: str) -> bytes:
    """Return the SHA-256 of any text that was given as a token."""
    import hashlib

    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def token_id(text: str) -> str | None:
    """Return the id in a token, or None when the text has not the form of one."""
    found = _FORM.fullmatch(text)
    return found[1] if found is not None else None


def has_token_form(text: str) -> bool:
    """Whether the text could be a token."""
    return token_id(text) is not None
