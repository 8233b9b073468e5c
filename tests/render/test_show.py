"""Which stream gets what, and what happens when a stream is not there."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping

import pytest

from vzctl.command import suggest
from vzctl.errors import ConflictError, VzctlError
from vzctl.render import show


class Stream(io.TextIOWrapper):
    """Text over bytes, as the interpreter makes its streams."""

    def __init__(self, encoding: str = "utf-8", *, terminal: bool = False) -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding=encoding, write_through=True)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    @property
    def text(self) -> str:
        return self.bytes.getvalue().decode(self.encoding)


def an_error() -> VzctlError:
    return ConflictError(
        "no\x1b[2J", code="CODE", side="astra", evidence=("se\nen",), next_steps=(suggest("status", comment="look"),)
    )


def test_an_error_for_a_person_is_on_stderr_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = Stream(), Stream()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    show.show_failure(an_error(), command="scope.add", output="human")
    assert (out.text, err.text) == (
        "",
        "error: no\\x1b[2J\n  side: astra\n  se\\nen\n  next: vzctl status\n    # look\n",
    )


def test_data_is_utf_8_whatever_the_stream_thinks(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Stream("ascii")
    monkeypatch.setattr(sys, "stdout", out)
    show.write_data("für 検索 \ud800\n")
    assert out.bytes.getvalue() == "für 検索 \\ud800\n".encode()


def test_data_goes_to_a_stream_without_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    show.write_data("text\n")
    assert out.getvalue() == "text\n"


def test_talk_keeps_to_the_encoding_of_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    err = Stream("ascii")
    monkeypatch.setattr(sys, "stderr", err)
    show.write_talk(["für"])
    assert err.text == "f\\xfcr\n"


def closed_stream(*, is_there: bool) -> Stream | None:
    stream = Stream() if is_there else None
    if stream is not None:
        stream.close()
    return stream


@pytest.mark.parametrize("is_there", [False, True])
def test_a_stdout_that_is_closed_is_a_failure_when_there_is_data(
    monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    monkeypatch.setattr(sys, "stdout", closed_stream(is_there=is_there))
    with pytest.raises(VzctlError) as caught:
        show.write_data("text")
    assert caught.value.code == "OUTPUT_NOT_WRITABLE"


@pytest.mark.parametrize("is_there", [False, True])
def test_talk_into_streams_that_are_closed_or_missing_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    stream = closed_stream(is_there=is_there)
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    show.write_talk(["text"])
    show.show_failure(an_error(), command="x", output="json")


def test_stderr_that_takes_nothing_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(Stream):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stderr", Full())
    show.write_talk(["text"])


@pytest.mark.parametrize(
    ("choice", "environ", "terminal", "colored"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, True, True),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"TERM": "dumb", "FORCE_COLOR": "1"}, False, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1", "TERM": "dumb"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_color(choice: str, environ: Mapping[str, str], terminal: bool, colored: bool) -> None:
    assert show.wants_color(choice, environ, Stream(terminal=terminal)) == colored


def test_text_is_shown_as_it_is_or_inside_one_document(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = []
    for output in ("plain", "json"):
        out = Stream()
        monkeypatch.setattr(sys, "stdout", out)
        show.show_text("a\nb\n", command="help", output=output)
        texts.append(out.text)
    assert texts == [
        "a\nb\n",
        '{"schema":"vzctl/1","ok":true,"code":"OK","command":"help","changed":false,"data":{"text":"a\\nb\\n"},'
        '"warnings":[],"nextSteps":[]}\n',
    ]
