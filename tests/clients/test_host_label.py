"""What may become part of a URL, and what may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzctl.clients.host_label import base_url, host_label, keyspace_path, model_path, path_label
from vzctl.errors import UsageError

CRAFTED = (
    "evil.com/",
    "evil.com#",
    "a@evil.com",
    "a:1",
    "a/b",
    "..",
    "a?b",
    "a b",
    "a\n",
    "",
    "-a",
    "a\x00",
    "ä",
    "%2e",
)


@pytest.mark.parametrize("text", [*CRAFTED, "a.b", "a_b", "a-", "a" * 64, None, 1])
def test_a_host_label_is_nothing_else(text: object) -> None:
    with pytest.raises(UsageError, match=r'"resourceName" must be a part of a host name.*; nothing was sent'):
        host_label("resourceName", text)


@pytest.mark.parametrize("text", ["a", "my-resource-1", "A1", "a" * 63])
def test_a_host_label_is_kept_as_it_is(text: str) -> None:
    assert host_label("resourceName", text) == text


@pytest.mark.parametrize("text", [*CRAFTED, ".a", "_a", "a" * 129])
def test_a_path_label_is_nothing_else(text: str) -> None:
    with pytest.raises(UsageError, match='"deploymentId" must be one part of a path'):
        path_label("deploymentId", text)


def test_a_path_label_may_have_dots() -> None:
    assert path_label("deploymentId", "text-embedding_3.small") == "text-embedding_3.small"


@pytest.mark.parametrize("text", ["../x", "a/b/c", "a//b", "a/..", "/a", "a/", "a?b"])
def test_a_model_path_has_at_most_two_parts(text: str) -> None:
    with pytest.raises(UsageError, match='"model" must be'):
        model_path(text)
    assert model_path("BAAI/bge-small-en-v1.5") == "BAAI/bge-small-en-v1.5"


def test_a_keyspace_is_a_word() -> None:
    assert keyspace_path("keyspace", "default_keyspace") == "default_keyspace"
    with pytest.raises(UsageError, match='"keyspace" must be'):
        keyspace_path("keyspace", "ks/../x")


@given(st.text())
def test_no_text_leaves_its_place_in_a_url(text: str) -> None:
    for check in (host_label, path_label):
        try:
            label = check("name", text)
        except UsageError:
            continue
        assert not set(label) & set("/:@?#\\%")
        assert label not in (".", "..")


@pytest.mark.parametrize(
    "text", ["https://proxy.example.com/openai", "http://127.0.0.1:8181", "http://localhost", "http://[::1]:1/x"]
)
def test_a_base_url_is_kept_without_its_last_slash(text: str) -> None:
    assert base_url(f"{text}/", "providers.openai.base_url") == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("gateway.example.org", "must be a URL"),
        ("ftp://example.com", "must be a URL"),
        ("https://", "must be a URL"),
        ("https://a:99999", "must be a URL"),
        ("https://[a", "must be a URL"),
        ("https://a\u202eb", "must be a URL"),
        ("https://user:pass@example.com", "must hold no user"),
        ("https://example.com/?key=1", "must hold no user"),
        ("https://example.com/#x", "must hold no user"),
        ("http://example.com", "must be https"),
        ("http://127.0.0.1.example.com", "must be https"),
    ],
)
def test_any_other_base_url_is_refused_without_being_repeated(text: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        base_url(text, "providers.openai.base_url")
    assert caught.value.code == "URL_INVALID"
    assert caught.value.message.startswith(f'"providers.openai.base_url" {reason}')
    assert text.removeprefix("https://") not in caught.value.message or text == "https://"
