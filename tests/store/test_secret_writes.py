"""While a secret is written its deletion waits; a writer that died keeps nobody waiting."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from vzctl.errors import StateError
from vzctl.store.secret_writes import is_being_written, writing


def test_a_version_is_being_written_inside_of_the_block_only(tmp_path: Path) -> None:
    assert not is_being_written(tmp_path, "v1")
    with writing(tmp_path, "v1"):
        assert is_being_written(tmp_path, "v1")
        assert not is_being_written(tmp_path, "v2")
    assert not is_being_written(tmp_path, "v1")
    assert list(tmp_path.iterdir()) == []


def test_the_first_of_two_writers_to_end_does_not_speak_for_the_other(tmp_path: Path) -> None:
    with writing(tmp_path, "v1"):
        with writing(tmp_path, "v1"):
            pass
        assert is_being_written(tmp_path, "v1")
    assert list(tmp_path.iterdir()) == []


def test_a_writer_that_was_killed_writes_no_longer(tmp_path: Path) -> None:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        with writing(tmp_path, "v1"):
            os.write(write, b"x")
            signal.pause()
        os._exit(1)
    os.read(read, 1)
    assert is_being_written(tmp_path, "v1")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["v1"]
    assert not is_being_written(tmp_path, "v1")
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").touch()
    (tmp_path / "v1").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StateError), writing(tmp_path, "v1"):
        raise AssertionError("it is not written")
    with pytest.raises(StateError):
        is_being_written(tmp_path, "v1")
