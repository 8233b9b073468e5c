"""Broken files are refused whole with exit 9, file and line named; their bytes stay, their values are not repeated."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
import tomli

from tests.support.builders import (
    a_collection,
    a_credential,
    a_database,
    a_full_state,
    a_state,
)
from tests.support.state_files import a_state_file, change, tree, written
from vzctl.bounded_text import STATE
from vzctl.command import suggest, suggest_program
from vzctl.domain.state.records import ControlPlane
from vzctl.errors import ExitStatus, NotFoundError, StateError
from vzctl.store.schema import format_state, parse_state
from vzctl.store.state_file import StateFile
from vzctl.store.state_store import Change

CANARY: Final = "sk-proj-Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9"
GOOD: Final = format_state(a_full_state())
END = GOOD.index(b"\n# End of the state")
TEXT: Final = GOOD.decode()
TIME: Final = "2025-10-23 12:00:00+00:00"


def refused(data: bytes) -> StateError:
    with pytest.raises(StateError) as caught:
        parse_state(data, "the/state.toml")
    assert caught.value.exit_status is ExitStatus.STATE
    assert caught.value.message.isprintable()
    return caught.value


def line_of(text: str, wanted: str, number: int = 1) -> int:
    """Return the line of the n-th occurrence, counted as an editor does."""
    position = -1
    for _ in range(number):
        position = text.index(wanted, position + 1)
    return text.count("\n", 0, position) + 1


def edited(old: str, new: str, count: int = 1) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, count)


BROKEN: dict[str, tuple[str, int, str]] = {
    # what: text, line, reason
    "not TOML": (edited("serial = 7", "serial = = 7"), 6, "it is not TOML from here on: cut off or mistyped"),
    "a number of 5000 digits": (
        edited("serial = 7", f"serial = {'9' * 5000}"),
        6,
        "it is too long in one place (a number or bare key of more than 200 characters)",
    ),
    "a number of 4000 digits to the base 16": (
        edited("serial = 7", f"serial = 7\nunknown = 0x{'f' * 4000}"),
        7,
        "it is too long in one place (a number or bare key of more than 200 characters)",
    ),
    "a key twice": (
        edited("serial = 7", "serial = 7\nserial = 8"),
        7,
        "it is not TOML from here on: cut off or mistyped",
    ),
    "a merge conflict": (
        edited("serial = 7", "<<<<<<< HEAD\nserial = 7\n=======\nserial = 8\n>>>>>>> theirs"),
        6,
        "it has the conflict markers of an unfinished merge",
    ),
    "the middle of a merge conflict": (
        edited("serial = 7", "serial = 7\n=======\nserial = 8"),
        7,
        "it has the conflict markers of an unfinished merge",
    ),
    "the end of a merge conflict": (
        TEXT + ">>>>>>> theirs\n",
        TEXT.count("\n") + 1,
        "it has the conflict markers of an unfinished merge",
    ),
    "a NUL byte": (
        edited('name = "shop"', 'name = "sh\0op"'),
        line_of(TEXT, 'name = "shop"'),
        "it is not TOML from here on: cut off or mistyped",
    ),
    "serial missing": (edited("serial = 7\n", ""), 1, "serial is missing"),
    "serial a word": (edited("serial = 7", 'serial = "seven"'), 6, "serial has the wrong type or form (int parsing)"),
    "serial a table": (
        edited("serial = 7\n", "").replace("[organization]", "[serial]\nx = 1\n[organization]"),
        8,
        "serial has the wrong type or form (int type)",
    ),
    "serial below zero": (edited("serial = 7", "serial = -7"), 6, "serial is no number of changes"),
    "an older schema nobody knows": (edited("schema = 1", "schema = 0"), 4, "schema is 0, this vzctl reads 1"),
    "schema missing": (edited("schema = 1\n", ""), 1, "schema is missing"),
    "schema false": (edited("schema = 1", "schema = false"), 4, "schema is 0, this vzctl reads 1"),
    "a plane that does not exist": (
        edited('control_plane = "local"', f'control_plane = "{CANARY}"'),
        line_of(TEXT, "control_plane ="),
        "organization.control_plane has a word that is not allowed",
    ),
    "organization missing": (
        "\n".join(
            line for line in TEXT.split("\n") if not line.startswith(("[organ", "control_pl", "fingerprint_salt"))
        ),
        1,
        "organization is missing",
    ),
    "a salt missing": (
        edited('fingerprint_salt = "c2FsdCBmb3IgdGVzdHM"\n', ""),
        line_of(TEXT, "[organization]"),
        "organization.fingerprint_salt is missing",
    ),
    "a credential's name missing": (
        edited('name = "openai-prod"\n', ""),
        line_of(TEXT, "[[credentials]]"),
        "credentials.name is missing",
    ),
    "a credential's name a number": (
        edited('name = "azure.eu_1"', "name = 5"),
        line_of(TEXT, 'name = "azure.eu_1"'),
        "credentials.name has the wrong type or form (string type)",
    ),
    "an illegal name": (
        edited('name = "azure.eu_1"', 'name = "azure eu"'),
        line_of(TEXT, 'name = "azure.eu_1"'),
        (
            "credentials.name \"azure eu\" cannot be a credential name: it contains ' '; "
            "allowed are letters A-Z a-z, digits, '.', '_' and '-'"
        ),
    ),
    "a name twice": (
        edited('name = "azure.eu_1"', 'name = "openai-prod"'),
        line_of(TEXT, 'name = "azure.eu_1"'),
        'credentials.name "openai-prod" is there twice',
    ),
    "a credential without integration": (
        edited('provider = "azureOpenAI"\ncreated', 'provider = "mistral"\ncreated'),
        line_of(TEXT, 'provider = "azureOpenAI"\ncreated'),
        'credentials.provider "mistral" has no integration',
    ),
    "a dangling pointer": (
        edited('current = "v2"', f'current = "{CANARY}"'),
        line_of(TEXT, 'current = "v2"'),
        'credentials.current "openai-prod" points to the version "****", which is not there',
    ),
    "a time without a zone": (
        edited(f"created_at = {TIME}\nkey_set", "created_at = 2025-10-23 12:00:00\nkey_set"),
        line_of(TEXT, f"created_at = {TIME}\nkey_set"),
        "credentials.created_at is a time without a zone; write 2026-01-31T12:00:00Z",
    ),
    "a time that is none": (
        edited(f"created_at = {TIME}\nkey_set", f'created_at = "{CANARY}"\nkey_set'),
        line_of(TEXT, f"created_at = {TIME}\nkey_set"),
        "credentials.created_at has the wrong type or form (datetime from date parsing)",
    ),
    "a step that does not exist": (
        edited('step = "STAGING"', 'step = "FLYING"'),
        line_of(TEXT, 'step = "STAGING"'),
        "rotations.step has a word that is not allowed",
    ),
    "a step of the other plane": (
        edited('step = "STAGING"', 'step = "REMOVED"'),
        line_of(TEXT, 'step = "STAGING"'),
        "rotations.step REMOVED is no step that this rotation goes through",
    ),
    "databases no table": (
        "databases = 5\n" + "\n\n".join(block for block in TEXT.split("\n\n") if "[[databases]]" not in block),
        1,
        "databases has the wrong type or form (tuple type)",
    ),
    "a database no table": (
        "databases = [5]\n" + "\n\n".join(block for block in TEXT.split("\n\n") if "[[databases]]" not in block),
        1,
        "databases has the wrong type or form (dataclass type)",
    ),
    "a collection's database missing": (
        edited("[[collections]]\ndatabase =", "[[collections]]\ndatabase_ ="),
        line_of(TEXT, "[[collections]]"),
        "collections.database is missing",
    ),
}


@pytest.mark.parametrize(("text", "line", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_refused_with_file_line_and_reason(text: str, line: int, reason: str) -> None:
    error = refused(text.encode())
    assert error.message == (f'the state is broken: "the/state.toml", line {line}: {reason}; the file was not touched')
    assert error.code == "STATE_BROKEN"
    merge = (
        suggest("help", "git", comment="merge both sides by record, with vzctl state merge"),
        suggest_program(
            "git", "checkout", "--merge", "--", "the/state.toml", comment="undo edits of the conflicted file"
        ),
    )
    restore = (
        suggest("state backups", comment="the states before this one"),
        suggest("state restore", "latest", comment="go back to the newest of them"),
    )
    assert error.next_steps == (merge if "merge" in reason else restore)
    assert CANARY not in repr(error) + str(error.__cause__) + str(error.evidence)
    assert error.__cause__ is None


@pytest.mark.parametrize("data", [b"", b"\n", b"  \n\t\n"])
def test_an_empty_file_is_broken_and_not_a_state_without_credentials(data: bytes) -> None:
    assert refused(data).message == ('the state is broken: "the/state.toml": it is empty; the file was not touched')


def test_a_file_of_comments_alone_is_broken() -> None:
    assert "is missing" in refused(b"# nothing here\n").message


@pytest.mark.parametrize(
    ("data", "line"), [(b"\xff\xfe" + GOOD, 1), (GOOD.replace(b"shop", b"sh\xe9p", 1), line_of(TEXT, "shop"))]
)
def test_a_file_that_is_not_utf_8_is_broken(data: bytes, line: int) -> None:
    assert refused(data).message == (
        f'the state is broken: "the/state.toml", line {line}: it is not UTF-8; the file was not touched'
    )


@pytest.mark.parametrize("text", ["x = " + "[" * 100_000, "x" + ".x" * 20_000 + " = 1\n" + TEXT])
def test_a_file_that_is_nested_too_deeply_is_broken(text: str) -> None:
    assert "it is nested too deeply" in refused(text.encode()).message


@pytest.mark.parametrize("version", [2, 3, 10**30])
def test_a_newer_schema_is_named_with_its_line(version: int) -> None:
    error = refused(edited("schema = 1", f"schema = {version}").encode())
    assert error.code == "STATE_NEWER"
    assert error.message == (
        f'"the/state.toml", line 4: schema is {str(version)[:9]}, this vzctl reads up to 1: a newer vzctl wrote it; '
        "the file was not touched"
    )


@pytest.mark.parametrize("end", [*range(1, END, 97), END])
def test_a_file_cut_off_anywhere_is_refused(end: int) -> None:
    assert '"the/state.toml", line ' in refused(GOOD[:end]).message


@pytest.mark.parametrize("table", ["organization", "integrations", "credentials", "collections", "rotations"])
def test_a_file_cut_off_between_two_tables_is_refused_although_it_is_toml(table: str) -> None:
    end = re.search(rf"^\[+{table}\]", TEXT, re.MULTILINE)
    assert end is not None
    cut = TEXT[: end.start()]
    assert tomli.loads(cut)
    assert refused(cut.encode()).message == (
        f'the state is broken: "the/state.toml", line {cut.count(chr(10)) + 1}: it is cut off: its last line, '
        '"# End of the state…", is missing; the file was not touched'
    )


def test_a_file_without_comments_may_end_anywhere() -> None:
    bare = "\n".join(line for line in TEXT.splitlines() if not line.startswith("#"))
    assert parse_state(bare.encode(), "the/state.toml") == a_full_state()


@pytest.mark.parametrize("header", ["[[credentials]]", "[[credentials]] # mine", "  [[ credentials ]]  "])
def test_the_line_is_right_whatever_a_person_wrote_beside_the_header(header: str) -> None:
    text = TEXT.replace("[[credentials]]", header).replace('name = "azure.eu_1"', 'name = "azure eu"')
    assert f", line {line_of(text, 'azure eu')}: credentials.name" in refused(text.encode()).message


def test_the_line_of_a_row_in_a_short_table_is_named() -> None:
    text = format_state(
        a_state(databases=[a_database("a", id="one", region=None), a_database("b", id="two", region=None)])
    )
    error = refused(text.replace(b'"two"', b'"one"'))
    assert f", line {line_of(text.decode(), 'two')}: databases.id" in error.message


def test_the_line_of_a_table_on_one_line_is_named() -> None:
    text = TEXT[: TEXT.index("[[databases]]")] + TEXT[TEXT.index("# End of") :]
    rows = 'databases = [{ id = "one", name = "a" }, { id = "one", name = "b" }]\n'
    error = refused(text.replace("serial = 7\n", f"serial = 7\n{rows}").encode())
    assert error.message.startswith('the state is broken: "the/state.toml", line 7: databases.id "one" is there twice')


def test_the_line_inside_a_table_inside_a_table_is_named() -> None:
    text = (
        format_state(a_full_state(ControlPlane.ASTRA))
        .decode()
        .replace('id = "v1"', 'id = "v/1"')
        .replace('"v1"', '"v/1"')
    )
    line = line_of(text, 'id = "v/1"')
    assert f", line {line}: credentials.versions.id must be letters" in refused(text.encode()).message


def test_a_place_that_cannot_be_located_is_named_without_a_line() -> None:
    text = TEXT[: TEXT.index("[[databases]]")] + TEXT[TEXT.index("# End of") :]
    rows = '"databases" = [{ id = "one", name = "a" }, { id = "one", name = "b" }]\n'
    error = refused(text.replace("serial = 7\n", f"serial = 7\n{rows}").encode())
    assert error.message.startswith('the state is broken: "the/state.toml": databases.id "one" is there twice')


@pytest.mark.parametrize(
    "place",
    [
        ("note = ", "note = 5 #"),
        ("fingerprint = ", "fingerprint = 5 #"),
        ("provider = ", "provider = 5 #"),
        ("region = ", "region = [] #"),
        ("id = ", "id = {} #"),
        ("held = ", "held = 'maybe' #"),
    ],
)
def test_the_wrong_type_anywhere_is_refused_without_its_value(place: tuple[str, str]) -> None:
    text = edited(place[0], place[1]).replace("maybe", CANARY)
    message = refused(text.encode()).message
    assert CANARY not in message
    assert " has the wrong type or form (" in message


Making = Callable[[Path], None]


def a_directory(path: Path) -> None:
    path.mkdir()


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_link_to_a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [a_directory, a_pipe, a_link_to_a_device])
def test_what_is_no_file_is_refused_without_reading_it(tmp_path: Path, make: Making) -> None:
    path = tmp_path / "state.toml"
    make(path)
    before = path.lstat()
    for action in actions(a_state_file(path)):
        with pytest.raises(StateError) as caught:
            action()
        assert (caught.value.code, caught.value.message) == ("STATE_BROKEN", f'"{path}" is not a regular file')
    assert path.lstat() == before


def actions(file: StateFile) -> list[Callable[[], object]]:
    """Everything that begins by reading."""

    return [file.read, file.read_bytes, lambda: change(file, lambda state: state)]


@pytest.mark.skipif(os.geteuid() == 0, reason="run as another user than root")
def test_a_file_without_the_right_to_read_it_is_an_error_and_not_an_empty_state(tmp_path: Path) -> None:
    path = tmp_path / "state.toml"
    file = written(path, a_state())
    path.chmod(0)
    for action in actions(file):
        with pytest.raises(StateError) as caught:
            action()
        assert caught.value.message == f'cannot read "{path}": Permission denied'
    assert stat.S_IMODE(path.stat().st_mode) == 0


def test_a_file_that_cannot_be_read_is_an_error_and_not_an_empty_state(tmp_path: Path) -> None:
    path = tmp_path / "loop"
    path.symlink_to("loop")
    file = a_state_file(path)
    with pytest.raises(StateError) as caught:
        file.read()
    assert (caught.value.code, caught.value.message) == (
        "STATE_UNREADABLE",
        f'cannot read "{path}": Too many levels of symbolic links',
    )
    assert file.exists() is False


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "state.toml"
    with path.open("wb") as made:
        made.truncate(STATE.size + 1)
    with pytest.raises(StateError) as caught:
        a_state_file(path).read()
    assert caught.value.message == f'"{path}" has 268435457 bytes, a state has at most 268435456'


@pytest.mark.parametrize("path", ["missing.toml", "file/state.toml", "missing/state.toml"])
def test_a_file_that_is_not_there_is_not_found_with_the_way_to_make_one(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("")
    for action in actions(a_state_file(tmp_path / path)):
        with pytest.raises(NotFoundError) as caught:
            action()
        assert caught.value.message == f'there is no state file at "{tmp_path / path}"'
        assert caught.value.code == "STATE_NOT_FOUND"
    assert list(tree(tmp_path)) == ["file"]


DAMAGE: Final[dict[str, bytes]] = {
    "empty": b"",
    "cut off": GOOD[: len(GOOD) // 2],
    "not UTF-8": b"\xff" + GOOD,
    "newer": GOOD.replace(b"schema = 1", b"schema = 9"),
    "conflict": b"<<<<<<< HEAD\n" + GOOD,
    "dangling": GOOD.replace(b'current = "v2"', b'current = "v9"'),
}


@pytest.mark.parametrize("data", DAMAGE.values(), ids=DAMAGE.keys())
def test_no_way_to_the_state_touches_a_broken_file(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "state.toml"
    path.write_bytes(data)
    file = a_state_file(path)
    before = path.stat()

    def note() -> None:
        file.note(Change("test"))

    for action in [file.read, actions(file)[-1], note]:
        with pytest.raises(StateError):
            action()
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == (
        data,
        before.st_mtime_ns,
        before.st_ino,
    )
    assert [name for name in tree(tmp_path) if "backups" in name or "audit" in name] == []


def test_a_change_that_breaks_the_state_is_not_written(tmp_path: Path) -> None:
    shop = a_database("shop")
    state = a_state(databases=[shop], credentials=[a_credential(scope=[shop])])
    file = written(tmp_path / "state.toml", state)
    before = tree(tmp_path)

    with pytest.raises(RuntimeError, match="refusing to write a broken state"):
        change(file, lambda _: state.without_database(shop.id))
    with pytest.raises(RuntimeError, match="refusing to write a broken state"):
        change(file, lambda _: state.with_collection(a_collection("gone")))
    after = tree(tmp_path)
    assert {name: after[name] for name in before} == before
    assert "state.toml.d/audit.jsonl" not in after
