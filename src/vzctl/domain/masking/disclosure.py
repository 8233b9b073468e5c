"""Whether a foreign text gives away a part of a key that is known, in whatever spelling.

A provider, a proxy, or an external command may repeat the key that it was given. Pieces cannot be cut out of a text that
spells a key in a way of its own, so such a text is not shown at all. At most the last four characters are let through:
providers end a masked key with them (`****5678`), and vzctl shows them too.
"""

from __future__ import annotations

import base64
import codecs
import html
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Final

from vzctl.domain.masking.key_formats import issuers_prefix

PIECE: Final = 5
"""So many characters of a key in a row are a disclosure."""
_INTERLEAVED: Final = 16
"""So many characters of a key in their order, whatever is between them, are no chance in a short text."""
_LOOKED_AT_FOR_INTERLEAVED: Final = 400
_ROUNDS: Final = 3
"""Texts are escaped by every layer that they pass: `%2573` is `%73` is `s`."""
_ESCAPED: Final = re.compile(r"(?:%|\\x|\\u00|\\u\{0{0,4}|=)([0-9A-Fa-f]{2})\}?")
_OCTAL: Final = re.compile(r"\\([0-3][0-7]{2})")
_TAG_OR_CONTROL: Final = re.compile(r"<[^<>]{0,200}>|\\[nrtbf]")
_CODE_MARK: Final = re.compile(r"0x|0b|0o|\\[xuo]|u\+|&#x?|chr|char|%", re.IGNORECASE)
_ENCODED: Final = re.compile(r"[A-Za-z0-9+/_-]{8,4096}={0,2}")
_LOOKALIKES: Final = str.maketrans(
    "аеорсухіјѕһԁԛԝɡАВЕКМНОРСТУХІЈЅαοιρνκτυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeopcyxijshdqwgABEKMHOPCTYXIJSaoipvktuABEZHIKMNOPTYX"
)
_UNSEEN: Final = frozenset({"Mn", "Me", "Cf", "Cc", "Cn", "Co", "Cs"})


def discloses(text: str, secret: str) -> bool:
    """Tell whether five characters of the secret in a row, or a stretch of it in order, can be read from the text."""
    if not _squeezed(secret):
        return bool(secret) and secret in text
    body = secret[len(issuers_prefix(secret)) :] if _squeezed(secret[len(issuers_prefix(secret)) :]) else secret
    pieces: defaultdict[int, set[str]] = defaultdict(set)
    for spell in _spellings():
        for ordered in (body, body[::-1]):
            for piece in spell(ordered):
                pieces[len(piece)].add(piece)
    readings = set(_readings(text))
    return any(_has_a_piece(reading, pieces) for reading in readings) or any(
        _is_interleaved(reading[:_LOOKED_AT_FOR_INTERLEAVED], ordered)
        for reading in readings
        for ordered in (body, body[::-1])
    )


def without_unseen(text: str) -> str:
    """Return a text without characters that nobody sees, which can carry a key past a reader into a log."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(character for character in composed if unicodedata.category(character) not in _UNSEEN)


def _has_a_piece(reading: str, pieces: Mapping[int, set[str]]) -> bool:
    return any(
        reading[start : start + length] in found
        for length, found in pieces.items()
        for start in range(len(reading) - length + 1)
    )


def _is_interleaved(reading: str, body: str) -> bool:
    """Whether a stretch of the key is there character by character, with anything in between."""
    wanted = _squeezed(body)
    last = len(wanted) - _INTERLEAVED
    starts = {*range(0, last, _INTERLEAVED), last} if last >= 0 else set()
    return any(_is_subsequence(wanted[start : start + _INTERLEAVED], reading) for start in starts)


def _is_subsequence(wanted: str, text: str) -> bool:
    rest = iter(text)
    return all(character in rest for character in wanted)


def _readings(text: str) -> Iterator[str]:
    """Yield the letters and digits of the text, as it is and with what is encoded in it decoded."""
    plain = _unescaped(text)
    for each in (text, plain, _TAG_OR_CONTROL.sub("", plain), _CODE_MARK.sub("", text)):
        yield _squeezed(each)
    for found in _ENCODED.finditer(plain):
        for decoded in _decoded(found[0]):
            yield _squeezed(decoded)


def _unescaped(text: str) -> str:
    """Return the text with the escapes of URLs, JSON, HTML, C, and mail resolved."""
    for _ in range(_ROUNDS):
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), html.unescape(text))
        text = _OCTAL.sub(lambda match: chr(int(match[1], 8)), text)
    return text


def _decoded(word: str) -> Iterator[str]:
    """Yield what a word may say in base64 or in hexadecimal digits."""
    bare = word.rstrip("=").replace("-", "+").replace("_", "/")
    usable = bare[: len(bare) - (len(bare) % 4 == 1)]
    yield base64.b64decode(usable + "=" * (-len(usable) % 4)).decode("latin-1")
    if len(bare) % 2 == 0 and not set(bare.lower()) - set("0123456789abcdef"):
        yield bytes.fromhex(bare).decode("latin-1")


def _squeezed(text: str) -> str:
    """Return the letters and digits alone, in lower case: no marks, separators, or characters without a width."""
    plain = unicodedata.normalize("NFKD", text).translate(_LOOKALIKES)
    return "".join(filter(str.isalnum, plain)).lower()


# ---------------------------------------------------------------- the ways to spell a piece of a key


@cache
def _spellings() -> tuple[Callable[[str], Iterator[str]], ...]:
    codes = ("x", "02x", "d", "03d", "o", "03o", "08b", "04x")
    of_blocks = ((base64.b64encode, 3, 4), (base64.b32encode, 5, 8))
    return (
        _itself,
        lambda body: _itself(codecs.encode(body, "rot13")),
        *(_by_code(form) for form in codes),
        *(_by_block(encode, taken, made) for encode, taken, made in of_blocks),
    )


def _itself(body: str) -> Iterator[str]:
    return _pieces(_squeezed(body), PIECE)


def _by_code(form: str) -> Callable[[str], Iterator[str]]:
    """Spell every character by its number, in this form."""

    def spell(body: str) -> Iterator[str]:
        for start in range(max(1, len(body) - PIECE + 1)):
            yield "".join(format(ord(character), form) for character in body[start : start + PIECE])

    return spell


def _by_block(encode: Callable[[bytes], bytes], taken: int, made: int) -> Callable[[str], Iterator[str]]:
    """Encode blocks of bytes, wherever in a longer text the key may begin; its first block then depends on what is before."""
    length = -(-PIECE * made // taken)

    def spell(body: str) -> Iterator[str]:
        data = body.encode("utf-8", "replace")
        for skipped in range(min(taken, len(data))):
            whole = data[skipped : skipped + (len(data) - skipped) // taken * taken]
            yield from _pieces(_squeezed(encode(whole).decode()), length, shortest=length)

    return spell


def _pieces(spelled: str, length: int, *, shortest: int = 1) -> Iterator[str]:
    """Yield every piece of this length; a text that is shorter is its own piece, unless it says too little."""
    if len(spelled) >= max(length, shortest):
        yield from (spelled[start : start + length] for start in range(len(spelled) - length + 1))
    elif len(spelled) >= shortest:
        yield spelled
