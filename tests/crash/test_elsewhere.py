"""On a system without what the fork server needs, these tests are skipped with one reason; none of them fails."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.support.tools import require_linux


def without_memory_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")


def without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    exists = os.path.exists
    monkeypatch.setattr(os.path, "exists", lambda path: not str(path).startswith("/proc/") and exists(path))


@pytest.mark.parametrize("change", [without_memory_files, without_proc])
def test_what_is_missing_skips(change: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    change(monkeypatch)
    with pytest.raises(pytest.skip.Exception, match="run on Linux"):
        require_linux()


def test_where_all_is_there_nothing_is_skipped() -> None:
    require_linux()
