"""Credential names: parsed once at the edge, then trusted.

Source of the rules: the provider pages of the Astra documentation (length, characters, immutability) and the Data API's
suffix rule, by which a name that ends in `.providerKey` would be looked up under another name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from vzctl.command import suggest
from vzctl.domain.masking.redaction import looks_like_secret
from vzctl.errors import UsageError

MAXIMUM_NAME_LENGTH: Final = 50
MAXIMUM_DATABASE_NAME_LENGTH: Final = 200
RESERVED_SUFFIXES: Final = (".providerKey", ".accessId", ".secretKey")
SUFFIX_ADDED_BY_DATA_API: Final = ".providerKey"

_ALPHANUMERIC: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_ALLOWED: Final = _ALPHANUMERIC | frozenset("._-")


def refuse_secret_as_name(text: str) -> None:
    """Raise `UsageError` when `text` looks like a key; the message never repeats it."""
    if looks_like_secret(text):
        raise UsageError(
            "this looks like a key, not a name; it is now in your shell history, so replace it at its provider",
            code="NAME_LOOKS_LIKE_SECRET",
            next_steps=(suggest("credentials list", comment="the names that exist"),),
        )


def refuse_secret_in(text: str | None, what: str) -> None:
    """Raise `UsageError` when a text that will be kept in clear has a key in it; the message never repeats it."""
    if text is not None and looks_like_secret(text):
        raise UsageError(
            f"{what} is kept in clear text, and a word of it looks like a key; if it is one, replace it at its provider",
            code="TEXT_LOOKS_LIKE_SECRET",
        )


def name_fault(name: str) -> str | None:
    """Return why `name` cannot be a credential name, or None when it can."""
    if not name:
        return "it is empty"
    if len(name) > MAXIMUM_NAME_LENGTH:
        return f"it has {len(name)} characters, at most {MAXIMUM_NAME_LENGTH} are allowed"
    foreign = sorted({character for character in name if character not in _ALLOWED})
    if foreign:
        shown = " ".join(ascii(character) for character in foreign[:5])
        return f"it contains {shown}; allowed are letters A-Z a-z, digits, '.', '_' and '-'"
    if name[0] not in _ALPHANUMERIC or name[-1] not in _ALPHANUMERIC:
        return "its first and last character must be a letter or a digit"
    for suffix in RESERVED_SUFFIXES:
        if name.endswith(suffix):
            return f'it ends in "{suffix}", which the Data API adds to names by itself'
    return None


def database_name_fault(name: str) -> str | None:
    """Return why vzctl cannot keep a database under this name, or None when it can."""
    if looks_like_secret(name):
        return "it looks like a key"
    is_short = 0 < len(name) <= MAXIMUM_DATABASE_NAME_LENGTH
    if not is_short or not name.strip() or not name.isprintable() or name != name.strip() or "/" in name or "@" in name:
        return "it must be printable, without '/' or '@' and without outer spaces"
    return None


def parse_credential_name(text: str) -> str:
    """Return `text` when it is a legal credential name, else raise `UsageError` with the reason."""
    refuse_secret_as_name(text)
    fault = name_fault(text)
    if fault is not None:
        is_short = len(text) <= 2 * MAXIMUM_NAME_LENGTH
        shown = f'"{text}"' if text.isprintable() and is_short else ascii(text[:MAXIMUM_NAME_LENGTH])
        raise UsageError(f"{shown} cannot be a credential name: {fault}", code="NAME_INVALID")
    return text


def strip_data_api_suffix(name: str) -> str:
    """Return the credential name behind the suffixed one that the Data API shows (`NAME.providerKey`)."""
    return name.removesuffix(SUFFIX_ADDED_BY_DATA_API)


def nearest(word: str, names: Iterable[str], limit: int = 3, resemblance: float = 0.6) -> Sequence[str]:
    """Return up to `limit` names that resemble `word`, best first; equal but for case counts as nearest of all."""
    import difflib  # loaded only when something was not found

    by_folded: dict[str, str] = {}
    for name in names:
        by_folded.setdefault(name.casefold(), name)
    matches = difflib.get_close_matches(word.casefold(), by_folded, n=limit, cutoff=resemblance)
    return [by_folded[match] for match in matches]


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Return `; did you mean "a" or "b"?`, or an empty text when nothing is near."""
    found = nearest(word, names)
    if not found:
        return ""
    return "; did you mean " + " or ".join(f'"{name}"' for name in found) + "?"


def is_path_word(text: str) -> bool:
    """Whether the text is safe as one part of a secret store item's path."""
    return bool(text) and text.isascii() and text.replace("-", "").replace("_", "").isalnum()
