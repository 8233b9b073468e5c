"""Whatever is pasted, there is a verdict: no text, no bytes and no log make the diagnosis raise."""

from __future__ import annotations

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW
from tests.support.states import sound_states
from vzctl.domain.diagnosis.causes import causes
from vzctl.domain.diagnosis.engine import Verdict, diagnose, judge
from vzctl.domain.diagnosis.log import Records
from vzctl.domain.diagnosis.payload import read
from vzctl.domain.diagnosis.state_context import StateContext
from vzctl.domain.diagnosis.table import rules
from vzctl.domain.masking.redaction import redacted
from vzctl.domain.state.state import State

WORDS: Final = sorted({word for rule in rules() for group in rule.needs.every for word in group})
BITS: Final = st.one_of(
    st.text(max_size=40),
    st.text("{}[]()\\\"'`:,;=/._-@ \n\t\r\x1b\x00", max_size=30),
    st.sampled_from(WORDS),
    st.sampled_from([rule.example for rule in rules()]),
    st.sampled_from(["errorCode", "HTTP 429", "status code: 503", "https://", "credential 'a-1'", "providerKey", "│ "]),
)
PASTED: Final = st.lists(BITS, max_size=12).map("".join)


def assert_sound(found: list[Verdict]) -> None:
    assert found
    for verdict in found:
        assert (verdict.side, verdict.cause) in causes()
        assert verdict.count >= 1
        assert all(text.isprintable() or "\n" not in text for text, _ in verdict.evidence)


@given(PASTED)
def test_any_text_has_a_verdict(text: str) -> None:
    assert_sound(diagnose(text))


@given(st.binary(max_size=300))
def test_any_bytes_have_a_verdict(data: bytes) -> None:
    assert_sound(diagnose(data))


@given(PASTED, sound_states())
def test_any_state_can_be_asked_about_any_text(text: str, state: State) -> None:
    context = StateContext(state, NOW)
    payload = read(text)
    for database in (None, *state.databases[:1]):
        clues = context.clues(payload.whole.text, database)
        for verdict in judge(payload):
            assert_sound([context.enrich(verdict, clues).verdict])


@given(st.lists(st.one_of(PASTED, st.text(max_size=30)), max_size=20))
def test_any_log_is_read_whole(lines: list[str]) -> None:
    reader = Records()
    kept = [record.text for line in lines for record in reader.feed(line.replace("\n", " "))]
    kept += [record.text for record in reader.flush()]
    assert reader.line_count == len(lines)
    assert all(text.strip() for text in kept)


@given(st.text(max_size=200))
def test_redaction_is_done_once_and_for_all(text: str) -> None:
    assert "\x00" not in redacted(text)
