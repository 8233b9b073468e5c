"""What of another program's words may be shown."""

from __future__ import annotations

import pytest

from vzctl.vault.foreign_text import showable

ITEM = "3f0c0a1e-6f0e-4b52-9d9c-7a1f0f3f2b11/c-1/v-1"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("one\ntwo\n\n  three\t", "one two three"),
        (f"Error: vzctl/{ITEM} is not in the password store.", f"Error: vzctl/{ITEM} is not in the password store."),
        ("bad token AAAABBBBCCCC0000111122223333 given", "bad token **** given"),
        ("gpg: /home/someone/store: No such file or directory", "gpg: /home/someone/store: No such file or directory"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 200 + "…"),
        ("x" * 17_000, ""),
        ("x " * 300 + "hunter2", ""),
        ("a\x1b[2Jb", ""),
        ("the secret is hunter2hunter2", ""),
        ("the secret is 68756e74657232", ""),
        ("its password=correct-horse is wrong", "its password=**** is wrong"),
        (f"vzctl/{ITEM} is there, and h-u-n-t-e-r", ""),
        ("it begins with HUNTER2 and so on", ""),
        ("it begins with hunt and so on", "it begins with hunt and so on"),
    ],
)
def test_shows_short_plain_lines_without_a_part_of_the_secret(text: str, shown: str) -> None:
    assert showable(text.encode(), secrets=["hunter2hunter2"], harmless=ITEM) == shown


def test_nothing_is_shown_beside_more_secrets_than_can_be_looked_for() -> None:
    lines = [f"hunter{number}" for number in range(41)]
    assert showable(b"no such item", secrets=lines[:40], harmless=ITEM) == "no such item"
    assert showable(b"no such item", secrets=lines, harmless=ITEM) == ""
