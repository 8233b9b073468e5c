"""A secret shows itself through `reveal()` alone; its fingerprint is keyed and short."""

from __future__ import annotations

import copy
import json
import pickle
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzctl.secret import Secret

TEXT = "sk-proj-zq9zq9zq9"
SECRET = Secret(TEXT)


def test_reveal_gives_the_text_back() -> None:
    assert SECRET.reveal() == TEXT


@pytest.mark.parametrize(
    "shown",
    [
        str(SECRET),
        repr(SECRET),
        f"{SECRET}",
        f"{SECRET!r}",
        f"{SECRET!s}",
        f"{SECRET:>40}",
        f"{SECRET!a}",
        "%s %r" % (SECRET, SECRET),  # noqa: UP031  (logging formats like this)
        "{0} {0!r}".format(SECRET),  # noqa: UP032  (and other people's code like this)
        str([SECRET, {"a": SECRET}]),
    ],
)
def test_no_way_of_printing_shows_it(shown: str) -> None:
    assert "zq9" not in shown
    assert "****" in shown


def test_it_is_not_in_a_traceback_that_shows_values() -> None:
    def fail(secret: Secret) -> None:
        raise RuntimeError(secret)

    with pytest.raises(RuntimeError) as caught:
        fail(SECRET)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "secret = Secret(****)" in shown
    assert "zq9" not in shown


def test_it_does_not_become_json_or_a_pickle_or_a_copy() -> None:
    with pytest.raises(TypeError):
        json.dumps(SECRET)
    with pytest.raises(TypeError, match="must not be pickled"):
        pickle.dumps(SECRET)
    with pytest.raises(TypeError, match="must not be pickled"):
        copy.copy(SECRET)
    assert not hasattr(SECRET, "__dict__")


def test_it_cannot_be_a_key_of_a_mapping() -> None:
    with pytest.raises(TypeError, match="must not become a key"):
        hash(SECRET)
    with pytest.raises(TypeError):
        _ = {SECRET: 1}


def test_equal_secrets_have_equal_texts() -> None:
    assert Secret(TEXT) == SECRET
    assert Secret(TEXT + "x") != SECRET
    assert SECRET != TEXT
    assert Secret("\u5bc6\u7801") == Secret("\u5bc6\u7801")


def test_the_fingerprint_is_keyed_and_short() -> None:
    # printf key | openssl dgst -sha256 -hmac salt
    assert Secret("key").fingerprint("salt") == "hm:95a47c9b4fdb78ca"
    assert SECRET.fingerprint("a") != SECRET.fingerprint("b")


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=20))
def test_fingerprints_are_equal_exactly_when_the_secrets_are(one: str, other: str, salt: str) -> None:
    prints = Secret(one).fingerprint(salt), Secret(other).fingerprint(salt)
    assert (prints[0] == prints[1]) is (one == other)


@pytest.mark.parametrize(
    ("text", "last_four"),
    [("sk-proj-0123456789abcd5678", "5678"), ("x" * 16 + "5678", "5678"), ("x" * 15 + "5678", None), ("", None)],
)
def test_the_last_four_characters_are_those_of_long_keys_only(text: str, last_four: str | None) -> None:
    assert Secret(text).last_four() == last_four
