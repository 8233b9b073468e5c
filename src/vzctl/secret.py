"""A secret that does not print itself, and the keyed fingerprint that stands for it everywhere else."""

from __future__ import annotations

from typing import Final, NoReturn, final

FINGERPRINT_PREFIX: Final = "hm:"
FINGERPRINT_HEX_DIGITS: Final = 16
"""64 bits tell any two keys of an organization apart, and are too few to rebuild one from."""
LAST_FOUR: Final = 4
SHORTEST_WITH_ENDING: Final = 20
"""Four characters of a shorter key would say too much of it."""


@final
class Secret:
    """The text of one secret. `reveal()` is the only way out, so that every use is easy to find."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._text

    def fingerprint(self, salt: str) -> str:
        """Return `hm:` and 16 hexadecimal digits of HMAC-SHA256 under `salt`, the state's `fingerprint_salt`."""
        import hmac  # with hashlib, a cost that most commands need not pay

        digest = hmac.new(salt.encode(), self._text.encode(), "sha256").hexdigest()
        return FINGERPRINT_PREFIX + digest[:FINGERPRINT_HEX_DIGITS]

    def last_four(self) -> str | None:
        """Return the last four characters, by which people find a key at its provider; None for a short secret."""
        return self._text[-LAST_FOUR:] if len(self._text) >= SHORTEST_WITH_ENDING else None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        import hmac

        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> NoReturn:
        raise TypeError("a Secret must not become a key of a mapping")

    def __repr__(self) -> str:
        return "Secret(****)"

    def __format__(self, specification: str) -> str:
        return "****"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret must not be pickled")
