"""TOML and JSON from a clone: measured first, so that no parser gets what costs it far more than the text is long."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from typing import Final

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import a_full_state
from tests.support.effort import examples
from vzctl.bounded_text import (
    CONFIGURATION,
    RECORD,
    STATE,
    Limits,
    TextRefusedError,
    check_json,
    check_toml,
    load_json,
    load_toml,
)
from vzctl.domain.state.records import ControlPlane
from vzctl.store.schema import format_state

SMALL: Final = Limits(size=200, depth=3, values=8)


def toml_fault(text: str, limits: Limits = SMALL) -> tuple[str, int | None] | None:
    try:
        check_toml(text, limits)
    except TextRefusedError as error:
        return error.reason, error.line
    return None


def json_fault(text: str, limits: Limits = SMALL) -> tuple[str, int | None] | None:
    try:
        check_json(text, limits)
    except TextRefusedError as error:
        return error.reason, error.line
    return None


DEEP: Final = "nested too deeply (more than 3 levels)"
PARTS: Final = "nested too deeply (a key of more than 3 parts)"
DENSE: Final = "too dense (more than 8 values)"
LONG: Final = "too long in one place (a number or bare key of more than 200 characters)"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a.b.c = 1", None),
        ("a.b.c.d = 1", (PARTS, 1)),
        ("\n[a.b.c.d]", (PARTS, 2)),
        ("[[a . b . 'c' . \"d\"]]", (PARTS, 1)),
        ('"a.b.c.d.e" = 1', None),
        ("a = 'b.c.d.e'", None),
        ("# a.b.c.d.e [[[[", None),
        ("a = [[[1]]]", None),
        ("a = [\n[\n[\n[", (DEEP, 4)),
        ("a = {b = {c = {d = {", (DEEP, 1)),
        ("a = [{b = [{", (DEEP, 1)),
        ('a = "[[[["', None),
        ("a = '[[[['", None),
        ('a = """\n[[[["\\" \n"""', None),
        ("a = '''\n[[[[' '' \n'''", None),
        ('a = "\\"[[[["', None),
        ("a = [1,1,1,1,1,1,1,1]", (DENSE, None)),
        ("a = 1\n" * 9, (DENSE, None)),
        ("a=1\n" * 9, (DENSE, None)),
        ("#" * 201, ("larger than 200 bytes", None)),
    ],
)
def test_toml_is_refused_for_its_size_depth_and_density(text: str, fault: tuple[str, int | None] | None) -> None:
    assert toml_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"a = {'9' * 201}", 1),
        (f"a = 1\na = 0x{'f' * 4000}\nb = 2\n", 2),
        (f"a=0o{'7' * 4000}", 1),
        (f"a = [1, 0b{'1' * 9000}]", 1),
        (f"[[t]]\n    {{ a = 1, b = 0x{'f' * 4000} }},\n", 2),
        (f"a = -{'1_' * 4000}1", 1),
        (f"{'x' * 201} = 1", 1),
        (f"a = '{'f' * 4000}'", None),
        (f'a = "{"f" * 4000}"', None),
        (f'a = """{"f" * 4000}"""', None),
        (f"# {'f' * 4000}", None),
        (f"a = 0x{'f' * 198}", None),
        ("a = 1 \n" * 7, None),
    ],
)
def test_a_number_that_python_turns_into_no_text_is_refused(text: str, line: int | None) -> None:
    limits = Limits(size=10_000, depth=3, values=20)
    assert toml_fault(text, limits) == (None if line is None else (LONG, line))


@pytest.mark.parametrize("load", [tomllib.loads, tomli.loads])
def test_each_number_that_passes_can_be_written(load: Callable[[str], dict[str, object]]) -> None:
    document = load_toml(f"a = 0x{'f' * 198}\nb = {'9' * 200}".encode(), STATE, load)
    assert json.loads(json.dumps(document)) == document


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"a": [{}]}', None),
        ('{"a": [{"b": []}]}', (DEEP, 1)),
        ('\n["[[[[", "\\"[[[[", [[[', (DEEP, 2)),
        ('"' + "[" * 100 + '"', None),
        ("[1,1,1,1,1,1,1,1,1]", (DENSE, None)),
        (" " * 201, ("larger than 200 bytes", None)),
    ],
)
def test_json_is_refused_for_its_size_depth_and_density(text: str, fault: tuple[str, int | None] | None) -> None:
    assert json_fault(text) == fault


@pytest.mark.parametrize("plane", list(ControlPlane))
def test_a_state_that_vzctl_writes_is_far_from_every_limit(plane: ControlPlane) -> None:
    text = format_state(a_full_state(plane)).decode()
    check_toml(text, Limits(size=STATE.size, depth=STATE.depth // 4, values=0, bytes_per_value=STATE.bytes_per_value))


fragments = st.lists(
    st.sampled_from(
        ["a", ".", "=", "[", "]", "{", "}", ",", '"', "'", '"""', "'''", "\\", "\n", "#", " ", "1", ":", "é"]
    ),
    max_size=60,
).map("".join)


@settings(max_examples=examples(500), deadline=None)
@given(fragments)
def test_whatever_passes_is_parsed_within_the_limits(text: str) -> None:
    limits = Limits(size=1000, depth=4, values=100)
    for load in (tomllib.loads, tomli.loads):
        try:
            document = load_toml(text.encode(), limits, load)
        except ValueError:
            continue
        # A header, a dotted key, and a value each have their own levels.
        assert depth_of(document) <= 3 * limits.depth
    try:
        found = load_json(text, limits)
    except ValueError:
        return
    assert depth_of(found) <= limits.depth


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


HOSTILE: Final[dict[str, Callable[[int], str]]] = {
    "dots": lambda size: "a." * (size // 2) + "a = 1",
    "dots in many keys": lambda size: "".join(f"a{number}" + ".b" * 31 + " = 1\n" for number in range(size // 70)),
    "header dots": lambda size: "[" + "a." * (size // 2) + "a]",
    "arrays": lambda size: "a = " + "[" * size,
    "inline tables": lambda size: "a = " + "{a=" * (size // 3),
    "empty arrays": lambda size: "a = [" + "[]," * (size // 3) + "]",
    "empty tables": lambda size: "a = [" + "{}," * (size // 3) + "]",
    "short keys": lambda size: "".join(f"a{number}=1\n" for number in range(size // 9)),
    "dotted keys": lambda size: "".join(f"a{number}.b=1\n" for number in range(size // 11)),
    "rows": lambda size: "[[a]]\n" * (size // 6),
    "escapes": lambda size: 'a = "' + "\\u0041" * (size // 6) + '"',
    "quotes": lambda size: "a = '''" + "''" * (size // 2),
    "comment": lambda size: "#" * size,
    "digits": lambda size: "a = " + "9" * size,
}
PROGRAM: Final = """
import resource, sys, tomllib
import tomli
from vzctl import bounded_text
limits = getattr(bounded_text, sys.argv[1])
data = sys.stdin.buffer.read()
for parse in (tomllib.loads, tomli.loads):
    try:
        bounded_text.load_toml(data, limits, parse)
    except ValueError:
        pass
try:
    bounded_text.load_json(data, limits)
except ValueError:
    pass
try:
    # Unlike ru_maxrss it does not count what the process was before it became this program.
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
except OSError:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak // 1024)
"""


@pytest.mark.sampled(7)
@pytest.mark.parametrize("limits", ["CONFIGURATION", "STATE"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_megabyte_of_anything_takes_less_than_200_megabytes(text: Callable[[int], str], limits: str) -> None:
    data = text(1_000_000).encode()
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM, limits], input=data, capture_output=True, timeout=60, check=False
    )
    assert answer.stderr == b""
    assert int(answer.stdout) < 200


def test_a_record_of_json_lines_is_what_json_says() -> None:
    record = {"name": "a", "databases": ["b", "c"], "none": True}
    assert load_json(json.dumps(record), RECORD) == load_json(json.dumps(record).encode(), RECORD) == record
    assert load_toml(b"a = 1", CONFIGURATION, tomllib.loads) == {"a": 1}
