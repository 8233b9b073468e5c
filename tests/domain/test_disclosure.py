"""No spelling of a key gets past, and a text about something else does."""

from __future__ import annotations

import base64
import codecs
import random
import urllib.parse
from collections.abc import Callable
from typing import Final

import pytest

from tests.support.key_samples import BASE62, HARMLESS, KEYS, word
from vzctl.domain.masking.disclosure import discloses, without_unseen

KEY: Final = "sk-proj-Zq9fXw3Lm7Kp2Vr8TtYb5Nc4Hd6Ws1Ga"


def _pieces(size: int, between: str) -> Callable[[str], str]:
    return lambda key: between.join(key[at : at + size] for at in range(0, len(key), size))


def _codes(form: str, between: str) -> Callable[[str], str]:
    return lambda key: between.join(form.format(ord(character)) for character in key)


SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "as it is": str,
    "upper case": str.upper,
    "swapped case": str.swapcase,
    "in pieces of five": _pieces(5, " "),
    "in pieces of five, in a list": _pieces(5, '", "'),
    "in pieces of four with words between": _pieces(4, " and then "),
    "in pieces of three, numbered": lambda key: "; ".join(f"part {n}: {key[n * 3 : n * 3 + 3]}" for n in range(14)),
    "in letters": _pieces(1, " "),
    "in letters with words between": _pieces(1, ", "),
    "one letter a line": _pieces(1, "\n"),
    "with zero-width spaces": _pieces(1, "\u200b"),
    "with soft hyphens": _pieces(3, "\u00ad"),
    "with combining marks": _pieces(1, "\u0301"),
    "with variation selectors": _pieces(2, "\ufe0f"),
    "with tags of HTML": _pieces(4, "</b><b>"),
    "with escaped line ends": _pieces(4, "\\n"),
    "with stars": _pieces(2, "*"),
    "reversed": lambda key: key[::-1],
    "reversed in pieces": lambda key: " ".join(key[::-1][at : at + 5] for at in range(0, len(key), 5)),
    "every piece reversed": lambda key: " ".join(key[at : at + 5][::-1] for at in range(0, len(key), 5)),
    "hexadecimal": lambda key: key.encode().hex(),
    "hexadecimal with spaces": lambda key: key.encode().hex(" "),
    "hexadecimal in upper case with colons": lambda key: key.encode().hex(":").upper(),
    "hexadecimal as an array of C": _codes("0x{:02x}", ", "),
    "hexadecimal of two bytes": _codes("{:04x}", " "),
    "hexadecimal reversed": lambda key: key[::-1].encode().hex(),
    "decimal codes": _codes("{}", ", "),
    "decimal codes of three digits": _codes("{:03}", " "),
    "calls of a function": _codes("chr({})", " + "),
    "octal codes": _codes("\\{:03o}", ""),
    "binary codes": _codes("{:08b}", " "),
    "code points": _codes("U+{:04X}", " "),
    "entities of HTML": _codes("&#{};", ""),
    "entities of HTML in hexadecimal, escaped twice": _codes("&amp;#x{:x};", ""),
    "escapes of JSON": _codes("\\u{:04x}", ""),
    "escapes of URLs": _codes("%{:02x}", ""),
    "escapes of URLs, twice": _codes("%25{:02X}", ""),
    "quoted for a URL": lambda key: urllib.parse.quote(f"{key}/+"),
    "quoted-printable": _codes("={:02X}", ""),
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 for URLs, without padding": lambda key: base64.urlsafe_b64encode(key.encode()).decode().rstrip("="),
    "base64 of a header": lambda key: base64.b64encode(f"Bearer {key} is wrong".encode()).decode(),
    "base64 in lines": lambda key: "\n".join(_pieces(8, "\n")(base64.b64encode(b"x" + key.encode()).decode()).split()),
    "base64 of the reversed key": lambda key: base64.b64encode(key[::-1].encode()).decode(),
    "base64 of base64": lambda key: base64.b64encode(base64.b64encode(key.encode())).decode(),
    "base64 of hexadecimal digits": lambda key: base64.b64encode(key.encode().hex().encode()).decode(),
    "hexadecimal digits of base64": lambda key: base64.b64encode(key.encode()).hex(),
    "base32": lambda key: base64.b32encode(key.encode()).decode(),
    "base32 inside another text": lambda key: base64.b32encode(b"ab" + key.encode()).decode(),
    "rot13": lambda key: codecs.encode(key, "rot13"),
    "wide letters": lambda key: "".join(chr(ord(each) + 0xFEE0) for each in key),
    "mathematical letters": lambda key: "".join(
        chr(0x1D400 + ord(each) - 65) if each.isupper() else each for each in key
    ),
    "letters that look alike": lambda key: key.translate(str.maketrans("aeopcyxHKMTB", "аеорсухНКМТВ")),
    "only its last five": lambda key: f"it ends in {key[-5:]}",
    "only five in the middle": lambda key: f"it has {key[15:20]} in it",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("key", [KEY, "0f9e8d7c6b5a49382716051423324150"])
def test_every_spelling_of_a_key_is_seen(spelling: str, key: str) -> None:
    text = f'{{"error": "the key {SPELLINGS[spelling](key)} was refused"}}'
    assert discloses(text, key) is True


@pytest.mark.parametrize(
    "name", ["Azure OpenAI", "Mistral AI", "OpenAI project", "Astra token", "AWS secret access key"]
)
def test_spellings_of_generated_keys_are_seen(name: str) -> None:
    source = random.Random(name)
    for spell in SPELLINGS.values():
        key = KEYS[name](source)
        assert discloses(f"refused: {spell(key)}.", key) is True


@pytest.mark.parametrize(
    "text", ["****s1Ga", "sk-proj-****s1Ga", "sk-...s1Ga", "a key that begins with sk-proj- is needed", ""]
)
def test_the_prefix_and_the_last_four_characters_are_no_disclosure(text: str) -> None:
    assert discloses(f"Incorrect API key provided: {text}.", KEY) is False


@pytest.mark.parametrize("name", ["OpenAI", "Azure OpenAI", "Mistral AI", "Astra token"])
def test_texts_about_something_else_are_no_disclosure(name: str) -> None:
    source = random.Random(name)
    texts = [f"The call failed: {make(source)} could not be reached; retry later." for make in HARMLESS.values()]
    keys = [KEYS[name](source) for _ in texts]
    wrong = [text for text, key in zip(texts, keys, strict=True) if discloses(text, key)]
    assert len(wrong) <= 1, wrong


@pytest.mark.parametrize(
    ("secret", "found"),
    [
        ("", False),
        ("b", True),
        ("z", False),
        ("a short", True),
        ("abcdef", False),
        ("xyz a short xyz", True),
        ("--", False),
    ],
)
def test_short_secrets_and_secrets_of_signs_are_looked_for_too(secret: str, found: bool) -> None:
    assert discloses("a Short b - c", secret) is found


def test_a_secret_of_signs_alone_is_looked_for_as_it_is() -> None:
    assert discloses("it is -+-+-", "-+-+-") is True


@pytest.mark.slow
def test_a_long_secret_and_a_long_text_are_no_trouble() -> None:
    source = random.Random(7)
    key = word(BASE62, 16 * 1024)(source)
    assert discloses("no such thing " * 200, key) is False
    assert discloses("no such thing " * 150 + key[9000:9005], key) is True


def test_characters_that_nobody_sees_are_taken_out() -> None:
    tags = "".join(chr(0xE0000 + ord(each)) for each in "secret")
    assert without_unseen(f"a{tags}b\u200bc\ufe0fd\x1be") == "abcde"
    assert without_unseen("cafe\u0301") == "caf\u00e9"
