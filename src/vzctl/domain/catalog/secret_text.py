"""What may be a secret: the text as a person or a pipe hands it in, checked before anything is stored.

No message repeats any part of the text.
"""

from __future__ import annotations

import re
from typing import Final

from vzctl.domain.catalog.provider import Provider
from vzctl.domain.pattern import Pattern
from vzctl.errors import UsageError
from vzctl.secret import Secret

_MASKED: Final = Pattern(
    r"(?:[A-Za-z0-9_:.+/-]{0,64}?)(?:[*•●·…#]{3,400}|(?P<letters>X{4,400})|\*{2}|…|\.{3,400}|\[\.{3}\]"
    r"|[\[<({](?:redacted|masked|hidden|removed|filtered|secret)[\])}>])"
    r"(?P<end>[A-Za-z0-9_+/=-]{0,8})",
    re.IGNORECASE,
)
_ASSIGNMENT: Final = Pattern(r"(?i)(?:[A-Z][A-Z0-9_]{0,80}_)?(?:API)?(?:KEY|TOKEN|SECRET|PASSWORD)=[^=].{0,20000}")
_UNEXPANDED: Final = Pattern(
    r"\$(?:[A-Za-z_][A-Za-z0-9_]{0,80}|\{[^{}]{1,80}\}|\([^()]{1,400}\))|%[A-Za-z_]{1,80}%|<[A-Za-z _-]{1,80}>"
)
_OF_NO_PROVIDER: Final = (
    ("AstraCS:", "it is a token of Astra"),
    ("Cassandra:", "it is a token of a self-hosted Data API, with the name and password of a database user"),
    ("vzt_", "it is a service token of vzctl"),
    ("AGE-SECRET-KEY-", "it is an age identity"),
)
"""What belongs to somebody else than a provider must be sent to none."""
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
    if (of_variable := _fault_of_variable(text)) is not None:
        return of_variable
    if "\n" in text or "\r" in text:
        return "it has more than one line"
    if any(character in " \t" or (character.isspace() and character >= "\xa0") for character in text):
        return "it contains a space or a tab"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "it is not valid UTF-8"
    if not text.isprintable():
        return "it contains a control character or one that cannot be printed"
    return None


def _fault_of_variable(text: str) -> str | None:
    if _ASSIGNMENT.compiled.fullmatch(text):
        return "it begins with the name of a variable; hand in the value alone"
    if _UNEXPANDED.compiled.fullmatch(text) and masked_ending(Secret(text)) is None:
        return "it is the name of a variable or a placeholder, not its value"
    return None


def masked_ending(secret: Secret) -> str | None:
    """Return what a masked key (`sk-proj-****5678`, `••••5678`) shows of its end, perhaps nothing; None for a whole key."""
    found = _MASKED.compiled.fullmatch(secret.reveal())
    return found["end"] if found is not None else None


def require_usable(provider: Provider, secret: Secret) -> None:
    """Refuse a masked key, and one that its prefix shows to be of another issuer or kind, before it is stored or sent."""
    masked = _MASKED.compiled.fullmatch(secret.reveal())
    if masked is not None and masked["letters"] is None:  # a key may have the same letter several times
        raise UsageError("the key is masked: a part of it is missing; hand in the whole key", code="KEY_MASKED")
    of_provider = provider.key_hint.refused_prefixes if provider.key_hint is not None else ()
    for prefix, reason in (*_OF_NO_PROVIDER, *of_provider):
        if secret.reveal().startswith(prefix):
            raise UsageError(
                f'a key that begins with "{prefix}" cannot be used with {provider.display_name}: {reason}',
                code="SECRET_OF_OTHER_ISSUER",
            )


def looks_unusual(provider: Provider, secret: Secret) -> bool:
    """Whether the key does not look like this provider's keys: worth a warning, no refusal, formats change."""
    return provider.key_hint is not None and not provider.key_hint.looks_right(secret.reveal())
