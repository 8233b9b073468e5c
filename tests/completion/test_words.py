"""A line of bash is read as bash reads it, but nothing in it is ever expanded."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.tools import require_tool
from vzctl.completion.words import BashLine, quote_for_bash

READLINE_BREAKS = " \t\n\"'@><=;|&(:"
SINGLE, DOUBLE = "'", '"'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("vzctl", [""]),
        ("vzctl ", [""]),
        ("vzctl a", ["a"]),
        ("vzctl \t a  b ", ["a", "b", ""]),
        (r"vzctl a\ b c", ["a b", "c"]),
        ("vzctl 'a b' \"c d\"", ["a b", "c d"]),
        ("vzctl '' x", ["", "x"]),
        (r"""vzctl "a\"b\$c\d" x""", [r'a"b$c\d', "x"]),
        ("vzctl 'a b", ["a b"]),
        ('vzctl "a b', ["a b"]),
        ("vzctl a'b'\"c\"d", ["abcd"]),
        ("vzctl a\\\nb", ["ab"]),
        ("vzctl a\\", ["a"]),
        ("vzctl $'a b' x", ["a b", "x"]),
        ("vzctl $HOME/x $(rm -rf / $(date)) `date x` y", ["$HOME/x", "$(rm -rf / $(date))", "`date x`", "y"]),
        ("vzctl <(cat a b) x", ["<(cat a b)", "x"]),
        ("vzctl $(cat a", ["$(cat a"]),
        ("vzctl --option=value a:b c@d", ["--option=value", "a:b", "c@d"]),
        ("vzctl a >out 2>>err &>all <in b", ["a", "b"]),
        ("vzctl a > out b", ["a", "b"]),
        ("vzctl a2>b c", ["a2", "c"]),
        ("vzctl a 2>&1 b", ["a", "b"]),
        ("vzctl a <<< word b", ["a", "b"]),
    ],
)
def test_words_of_a_line(line: str, words: list[str]) -> None:
    assert BashLine(line, READLINE_BREAKS).words == words


@pytest.mark.parametrize(
    ("line", "kept", "quote"),
    [
        ("vzctl abc", 0, ""),
        ("vzctl --option=value", len("--option="), ""),
        ("vzctl --option=", len("--option="), ""),
        ("vzctl a:b:c", len("a:b:"), ""),
        ("vzctl shop@us", len("shop"), ""),
        ("vzctl shop@", len("shop"), ""),
        (r"vzctl a\:b", 0, ""),
        ("vzctl 'a:b", 0, "'"),
        ('vzctl x"a:b', 1, '"'),
        ("vzctl 'a'b", 1, ""),
        ("vzctl a:b ", 0, ""),
    ],
)
def test_bash_replaces_the_end_of_a_word_only(line: str, kept: int, quote: str) -> None:
    read = BashLine(line, READLINE_BREAKS)
    assert (read.kept, read.quote) == (kept, quote)


@pytest.mark.parametrize(
    ("line", "is_redirected"),
    [
        ("vzctl a", False),
        ("vzctl a >", True),
        ("vzctl a > b", True),
        ("vzctl a 2>b", True),
        ("vzctl a >b ", False),
        ("vzctl a <(b", False),
        ("vzctl a '>", False),
    ],
)
def test_the_file_of_a_redirection_is_no_word_of_the_program(line: str, is_redirected: bool) -> None:
    assert BashLine(line, READLINE_BREAKS).is_redirected is is_redirected


PRINTABLE = st.text(min_size=1, max_size=20).filter(str.isprintable)


@given(text=PRINTABLE, quote=st.sampled_from(["", SINGLE, DOUBLE]))
def test_what_is_quoted_is_read_back(text: str, quote: str) -> None:
    quoted = quote_for_bash(text, quote)
    if quoted is not None:
        assert BashLine(f"vzctl {quote}{quoted}{quote}", READLINE_BREAKS).words == [text]


def test_bash_itself_reads_it_back() -> None:
    bash = require_tool("bash")
    text = "".join(chr(code) for code in range(0x20, 0x7F)) + " é~#*?[]{}$(id)`id`\\"
    single, double = text.replace("'", ""), text.replace("!", "")
    quoted = [quote_for_bash(text, ""), f'"{quote_for_bash(double, DOUBLE)}"', f"'{quote_for_bash(single, SINGLE)}'"]
    script = f"printf '%s\\n' {' '.join(str(word) for word in quoted)}"
    printed = subprocess.run([bash, "-c", script], capture_output=True, encoding="utf-8", check=True)
    assert printed.stdout.splitlines() == [text, double, single]


@given(text=st.text(max_size=40))
def test_any_line_is_read(text: str) -> None:
    read = BashLine("vzctl " + text, READLINE_BREAKS)
    assert 0 <= read.kept <= len(read.words[-1])
