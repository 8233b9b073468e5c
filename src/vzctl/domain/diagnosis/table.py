"""The one ordered table of rules: the first that holds decides. The strongest evidence stands first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from vzctl.domain.diagnosis.codes import all_codes, code_names, fixed_sentences, known_code
from vzctl.domain.diagnosis.layout import words_of
from vzctl.domain.diagnosis.rule import Frame, Rule
from vzctl.domain.diagnosis.rules import plain, written_rules

SHORT: Final = 2_000
"""Up to so many characters it is less work to look for the texts that rules begin with than to ask every rule."""
_START: Final = 3


@cache
def rules() -> tuple[Rule, ...]:
    """Return the whole table in its order; the codes that no other rule refines stand at its end."""
    return (*written_rules(), *(plain(known) for known in all_codes().values() if known.side != "unknown"))


@cache
def vocabulary() -> frozenset[str]:
    """Return the words, and pairs of words, that the rules look for: a text in which a word is broken is put right by them."""
    searched = [text for rule in written_rules() for group in rule.needs.every for text in group]
    searched += [rule.example.lower() for rule in written_rules()]
    searched += [sentence for sentence, _ in fixed_sentences()]
    return words_of((*searched, *(code.lower() for code in code_names())))


@cache
def eligible(frame: Frame, code: str | None) -> tuple[Rule, ...]:
    """Return the rules that can hold for a frame and a code at all, in the order of the table."""
    known = known_code(code) if code is not None else None
    own = (plain(known),) if known is not None and known.side != "unknown" else ()
    if known is not None and known.is_self_evident:
        return own
    return tuple(
        rule
        for rule in (*written_rules(), *own)
        if frame in rule.needs.frames and (not rule.needs.codes or code in rule.needs.codes)
    )


def candidates(frame: Frame, code: str | None, words: str) -> Iterable[Rule]:
    """Return the eligible rules without those that cannot hold because no text of their first group is in the words."""
    found = eligible(frame, code)
    if len(words) > SHORT:
        return found
    by_start, others = _first_texts(frame, code)
    starts = {words[place : place + _START] for place in range(len(words) - _START + 1)}
    present = {
        number
        for start in starts & by_start.keys()
        for text, numbers in by_start[start]
        if text in words
        for number in numbers
    }
    return [found[number] for number in sorted(present.union(others))]


@cache
def _first_texts(frame: Frame, code: str | None) -> tuple[Mapping[str, list[tuple[str, list[int]]]], tuple[int, ...]]:
    """Return the texts of the first groups with the places of their rules, by their start; and the other rules' places."""
    by_text: defaultdict[str, list[int]] = defaultdict(list)
    others: list[int] = []
    for number, rule in enumerate(eligible(frame, code)):
        first = rule.needs.every[0] if rule.needs.every else ()
        if not first or min(map(len, first)) < _START:
            others.append(number)
            continue
        for text in first:
            by_text[text].append(number)
    by_start: defaultdict[str, list[tuple[str, list[int]]]] = defaultdict(list)
    for text, numbers in by_text.items():
        by_start[text[:_START]].append((text, numbers))
    return dict(by_start), tuple(others)
