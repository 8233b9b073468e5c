"""What may be a secret: the text as a person or a pipe hands it in, checked before anything is stored.

No message repeats any part of the text.
"""

from __future__ import annotations

from typing import Final

from vzctl.domain.catalog.provider import Provider
from vzctl.domain.pattern import Pattern
from vzctl.errors import UsageError
from vzctl.secret import Secret

_MASKED: Final = Pattern(
    r"(?:[A-Za-z0-9_:.+/-]{0,64}?)(?:[*•●·…#]{3,400}|[xX]{4,400}|\*{2}|…|\.{3,400}|\[\.{3}\]|\[REDACTED\])(?P<end>[A-Za-z0-9_+/=-]{0,8})"
)
MAXIMUM_SECRET_LENGTH: Final = 16 * 1024
_QUOTES: Final = "\"'`"


def parse_secret(text: str) -> Secret:
    """Return the secret without its one trailing newline; raise `UsageError` for what cannot be a key."""
    text = text.removesuffix("\r\n").removesuffix("\n")
    fault = _fault(text)
    if fault is not None:
        raise UsageError(f"the secret was refused: {fault}", code="SECRET_INVALID")
    return Secret(text)


def _fault(text: str) -> str | None:
    if not text:
        return "it is empty"
    if len(text) > MAXIMUM_SECRET_LENGTH:
        return f"it has {len(text)} characters, at most {MAXIMUM_SECRET_LENGTH} are accepted"
    if text[0] in _QUOTES or text[-1] in _QUOTES:
        return "it begins or ends with a quote; hand it in without quotes"
    if text.lower().startswith("bearer ") or text.lower().startswith("authorization:"):
        return 'it begins like a header; hand in the key alone, without "Bearer"'
    if "\n" in text or "\r" in text:
        return "it has more than one line"
    if any(character in " \t" or (character.isspace() and character >= "\xa0") for character in text):
        return "it contains a space or a tab"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "it is not valid UTF-8"
    if not text.isprintable():
        return "it contains a control character or one that cannot be printed"
    return None


def masked_ending(secret: Secret) -> str | None:
    """Return what a masked key (`sk-proj-****5678`, `••••5678`) shows of its end, perhaps nothing; None for a whole key."""
    found = _MASKED.compiled.fullmatch(secret.reveal())
    return found["end"] if found is not None else None


def require_usable(provider: Provider, secret: Secret) -> None:
    """Refuse a key that its prefix shows to be of another issuer or kind, before it is stored or sent anywhere."""
    hint = provider.key_hint
    if hint is None:
        return
    for prefix, reason in hint.refused_prefixes:
        if secret.reveal().startswith(prefix):
            raise UsageError(
                f'a key that begins with "{prefix}" cannot be used with {provider.display_name}: {reason}',
                code="SECRET_OF_OTHER_ISSUER",
            )


def looks_unusual(provider: Provider, secret: Secret) -> bool:
    """Whether the key does not look like this provider's keys: worth a warning, no refusal, formats change."""
    return provider.key_hint is not None and not provider.key_hint.looks_right(secret.reveal())
