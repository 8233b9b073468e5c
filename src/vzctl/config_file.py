"""Reading a configuration file: TOML to a plain document, and what is said when one cannot be used.

Nothing from the file is repeated in a message: a key may have been pasted into the wrong place.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import Any

from vzctl.bounded_text import CONFIGURATION, TextRefusedError, load_toml
from vzctl.command import suggest
from vzctl.errors import UsageError


def load_document(path: str) -> dict[str, Any]:
    """Return the file's document, empty when there is no file; raise `UsageError` when it cannot be read."""
    try:
        # A project file may be a link to a device or a pipe: opening must not hang, reading must end.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UsageError(f'the configuration "{path}" is not a regular file', code="CONFIG_UNREADABLE")
            data = file.read(CONFIGURATION.size + 1)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise UsageError(
            f'cannot read the configuration "{path}": {error.strerror}', code="CONFIG_UNREADABLE"
        ) from error
    import tomllib  # most people have no configuration file

    try:
        return load_toml(data, CONFIGURATION, tomllib.loads)
    except TextRefusedError as error:
        where = f", line {error.line}" if error.line else ""
        raise UsageError(f'the configuration "{path}"{where} is {error.reason}', code="CONFIG_INVALID") from None
    except ValueError as error:
        # The parser's own text may repeat the line, and a key may have been pasted into it.
        found = str(error).rpartition("(at ")[2].rstrip(")") if "(at " in str(error) else "unknown place"
        raise UsageError(f'the configuration "{path}" is not TOML: {found}', code="CONFIG_INVALID") from None


def flat_keys(document: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Return every key as `table.key`, an empty table as `table.`.

    The keys of `secrets.env` are names that people choose, and stay out.
    """
    keys: list[str] = []
    for key, value in document.items():
        name = f"{prefix}{key}"
        if name == "secrets.env":
            keys.append(name)
        elif isinstance(value, dict):
            keys.extend(flat_keys(value, f"{name}.") or [f"{name}."])
        else:
            keys.append(name)
    return keys


def dig(document: Mapping[str, Any], key: str) -> Any:
    """Return the value at `table.key`, or None."""
    value: Any = document
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            return None
        value = value[part]
    return value


def one_word(document: Mapping[str, Any], path: str, key: str, form: str = "a word") -> str | None:
    """Return a word, or None when the key is not there; `form` says what it must be."""
    value = dig(document, key)
    if value is not None and not isinstance(value, str):
        raise bad_config(path, key, f"must be {form}")
    return value


def word_list(document: Mapping[str, Any], path: str, key: str) -> tuple[str, ...] | None:
    """Return a list of words that are not empty, or None when the key is not there."""
    value = dig(document, key)
    if value is None:
        return None
    if not isinstance(value, list) or not value or not all(isinstance(item, str) and item for item in value):
        raise bad_config(path, key, "must be a list of words")
    return tuple(value)


def bad_config(path: str, key: str, reason: str) -> UsageError:
    """Return the error for a key that is unknown, forbidden here, or has a wrong value."""
    return UsageError(
        f'the configuration "{path}": {key!a} {reason}',
        code="CONFIG_INVALID",
        next_steps=(suggest("help", "environment", comment="every setting and where it may be set"),),
    )
