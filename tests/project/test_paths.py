"""Paths in expected texts: a checkout may be anywhere, also where its path is the beginning of another."""

from __future__ import annotations

import pytest

from tests.support.paths import with_paths_as


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see /home/me/vzctl/docs/a.md", "see ./docs/a.md"),
        ("see /home/me/vzctl", "see ."),
        ('"/home/me/vzctl"', '"."'),
        ("/home/me/vzctl.", ".."),
        ("/home/me/vzctl: no such file", ".: no such file"),
        ("/home/me/vzctl-support.zip", "/home/me/vzctl-support.zip"),
        ("/home/me/vzctl.toml", "/home/me/vzctl.toml"),
        ("/home/me/vzctl2/x", "/home/me/vzctl2/x"),
        ("/data/home/me/vzctl/x", "/data/home/me/vzctl/x"),
        ("file:///home/me/vzctl/x", "file://./x"),
        ("/tmp/d1/map.html", "/home/me/map.html"),
        ("/tmp/d1/vzctl/map.html", "/home/me/vzctl/map.html"),
        ("/tmp/d12/map.html", "/tmp/d12/map.html"),
    ],
)
def test_a_path_is_replaced_where_it_is_a_path_alone(text: str, expected: str) -> None:
    assert with_paths_as(text, {"/home/me/vzctl": ".", "/tmp/d1": "/home/me"}) == expected
