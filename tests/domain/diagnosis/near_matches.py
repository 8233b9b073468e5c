"""Run every regular expression of the diagnosis over long repetitions of what nearly matches it.

    python near_matches.py LENGTH

A program of its own, so that a test can stop it: an expression whose work grows with the square of a text would take hours
on a megabyte. It prints how many expressions and how many texts it went through.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import re._constants as constants  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import sys
from collections.abc import Iterator
from typing import Any

import vzctl.domain.diagnosis
from vzctl.domain.diagnosis.table import rules
from vzctl.domain.pattern import Pattern
from vzctl.knowledge.loader import section

REPEATED_AT_MOST = 8
"""So often a part is repeated that may be repeated often: far enough to begin a match that then fails."""

SHORTER = 16
"""Texts that match less are so much shorter: there are many of them."""


def expressions() -> dict[str, re.Pattern[str]]:
    """Return every expression of the rules and of the modules that read texts."""
    found = {rule.id: re.compile(rule.needs.pattern) for rule in rules() if rule.needs.pattern}
    for provider, entry in section("providers").items():
        for number, pattern in enumerate(entry["recognized_by"].get("body_patterns", ())):
            found[f"{provider}.body_patterns.{number}"] = re.compile(pattern)
    names = [
        f"{vzctl.domain.diagnosis.__name__}.{each.name}"
        for each in pkgutil.iter_modules(vzctl.domain.diagnosis.__path__)
    ]
    for name in (
        *names,
        "vzctl.domain.masking.key_formats",
        "vzctl.domain.masking.redaction",
        "vzctl.usecases.diagnosis.diagnose",
    ):
        for key, value in vars(importlib.import_module(name)).items():
            for number, each in enumerate(value if isinstance(value, tuple) else (value,)):
                if isinstance(each, Pattern):
                    found[f"{name}.{key}.{number}"] = each.compiled
    return found


def near_matches(expression: re.Pattern[str]) -> Iterator[tuple[str, bool]]:
    """Yield texts that match the beginning of an alternative, and whether they match all of it but its last part."""
    for branch in branches(parser.parse(expression.pattern, expression.flags)):
        parts = [text_of(part) for part in branch]
        for end in sorted({1, len(parts) // 2, len(parts) - 1, len(parts)}):
            if text := "".join(parts[:end]):
                yield text, end == max(1, len(parts) - 1)


def branches(tree: Any) -> Iterator[list[Any]]:
    items = list(tree)
    if len(items) == 1 and items[0][0] is constants.BRANCH:
        for each in items[0][1][1]:
            yield from branches(each)
    elif len(items) == 1 and items[0][0] is constants.SUBPATTERN:
        yield from branches(items[0][1][-1])
    else:
        yield items


def text_of(part: Any) -> str:
    """Return a text that the part of an expression matches; nothing for what only looks around."""
    operation, argument = part
    if operation is constants.LITERAL:
        return chr(argument)
    if operation is constants.NOT_LITERAL:
        return "a" if chr(argument) != "a" else "b"
    if operation is constants.ANY:
        return "a"
    if operation is constants.IN:
        return member_of(argument)
    if operation is constants.BRANCH:
        return "".join(map(text_of, argument[1][0]))
    if operation is constants.SUBPATTERN:
        return "".join(map(text_of, argument[-1]))
    if operation in (constants.MAX_REPEAT, constants.MIN_REPEAT, constants.POSSESSIVE_REPEAT):
        least, most, tree = argument
        times: int = max(least, min(int(most), REPEATED_AT_MOST))
        return "".join(map(text_of, tree)) * times
    return ""


def member_of(ranges: Any) -> str:
    """Return a character that a class of characters takes."""
    samples = [chr(number) for number in (*range(32, 127), 9, 10, 27)]
    allowed = re.compile("".join(["[", *(_written(each) for each in ranges), "]"]))
    return next((each for each in samples if allowed.match(each)), "a")


def _written(item: Any) -> str:
    operation, argument = item
    if operation is constants.NEGATE:
        return "^"
    if operation is constants.LITERAL:
        return re.escape(chr(argument))
    if operation is constants.RANGE:
        return f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}"
    return {
        constants.CATEGORY_DIGIT: r"\d",
        constants.CATEGORY_NOT_DIGIT: r"\D",
        constants.CATEGORY_SPACE: r"\s",
        constants.CATEGORY_NOT_SPACE: r"\S",
        constants.CATEGORY_WORD: r"\w",
        constants.CATEGORY_NOT_WORD: r"\W",
    }[argument]


def main() -> None:
    """Go through them all."""
    length = int(sys.argv[1])
    found = expressions()
    texts = 0
    for expression in found.values():
        for unit, is_longest in dict.fromkeys(near_matches(expression)):
            texts += 1
            size = length if is_longest else length // SHORTER
            for _ in expression.finditer((unit * (size // len(unit) + 1))[:size]):
                pass
    print(len(found), texts)


if __name__ == "__main__":
    main()
