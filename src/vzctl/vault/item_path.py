"""The words of an item's address are safe before they meet a file system or a command line."""

from __future__ import annotations

import re
from typing import Final

from vzctl.errors import SecretStoreError
from vzctl.vault import codes
from vzctl.vault.base import SecretItem

SAFE_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
"""No dot and no leading dash: neither `..`, nor a hidden file, nor an option of a program, nor `NUL.txt` of Windows."""


def safe_words(item: SecretItem) -> tuple[str, str, str]:
    """Return lineage, credential id and version id, or refuse; they come from a state file that people may edit."""
    words = (item.lineage, item.credential_id, item.version_id)
    for word in words:
        if not SAFE_WORD.fullmatch(word):
            raise SecretStoreError(
                f"the address of a secret of `{item.credential_name}` has a part that no store may see: {word!a}",
                code=codes.FAILED,
            )
    return words


def safe_path(item: SecretItem) -> str:
    """Return `item.path` after the check of its words."""
    return "/".join(safe_words(item))
