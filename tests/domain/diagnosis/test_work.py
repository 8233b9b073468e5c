"""No text makes the work grow faster than its length: told by an end that comes at all, not by a clock."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.domain.diagnosis.near_matches import expressions, near_matches
from vzctl.domain.diagnosis.engine import diagnose
from vzctl.domain.diagnosis.payload import WINDOW

MEGABYTE: Final = 1_000_000
FAR_TOO_LONG_SECONDS: Final = 400
"""Some twenty times what linear work takes on a busy machine; quadratic work on a megabyte takes days."""
EVERY_CODE: Final = "2026-01-02 03:04:05 errorCode: ZZ_{} insufficient_quota of openai failed\n"


@pytest.mark.slow
def test_no_expression_is_quadratic_on_a_megabyte_of_near_matches() -> None:
    program = Path(__file__).with_name("near_matches.py")
    done = subprocess.run(
        [sys.executable, program, str(MEGABYTE)],
        capture_output=True,
        text=True,
        timeout=FAR_TOO_LONG_SECONDS,
        check=True,
    )
    count, texts = map(int, done.stdout.split())
    assert count == len(expressions())
    assert texts > 2 * count


def test_near_matches_begin_a_match_and_do_not_complete_it() -> None:
    expression = re.compile(r"\bmodel [\w.]{1,40} (?:not|never) found|x{3}y")
    found = dict.fromkeys(near_matches(expression))
    assert ("model !!!!!!!! not found", False) not in found
    assert all(not expression.fullmatch(text) for text, is_longest in found if is_longest)
    assert ("xxx", True) in found


@pytest.mark.slow
def test_errors_with_invented_codes_are_not_compared_each_with_each() -> None:
    text = "".join(
        EVERY_CODE.format("".join(chr(65 + int(digit)) for digit in str(number))) for number in range(20_000)
    )
    assert len(text) > WINDOW
    assert len(diagnose(text)) > 1000
