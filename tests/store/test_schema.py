"""State to TOML and back: nothing is lost, the same bytes every time, small differences for small changes."""

from __future__ import annotations

import dataclasses
import difflib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Any, get_type_hints

import pytest
import tomli
from hypothesis import HealthCheck, given, settings

from tests.support.builders import (
    LONG_AGO,
    NOW,
    a_collection,
    a_credential,
    a_database,
    a_full_state,
    a_rotation,
    a_scope_entry,
    a_state,
    a_version,
)
from tests.support.effort import examples
from tests.support.states import sound_states
from vzctl.domain.checks.integrity import breakages
from vzctl.domain.state import records
from vzctl.domain.state.records import ControlPlane, Evidence
from vzctl.domain.state.state import State
from vzctl.store.schema import format_state, parse_state, require_sound

TYPES = [kind for kind in (*vars(records).values(), State) if dataclasses.is_dataclass(kind) and isinstance(kind, type)]
SHOP, BLOG = a_database("shop"), a_database("blog")


def parsed(data: bytes) -> State:
    return parse_state(data, "state.toml")


def changed_lines(before: State, after: State) -> list[str]:
    """Return the lines that a version control system would show, `+` and `-`."""
    old, new = (format_state(item).decode().splitlines() for item in (before, after))
    return [line for line in difflib.unified_diff(old, new, lineterm="", n=0) if line[:2] not in {"--", "++", "@@"}]


@pytest.mark.slow
@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow])
@given(sound_states())
def test_every_sound_state_survives_a_round_trip_with_stable_bytes(state: State) -> None:
    assert list(breakages(state)) == []
    data = format_state(state)
    assert parsed(data) == state
    assert format_state(parsed(data)) == data


@pytest.mark.parametrize("plane", ControlPlane)
def test_a_full_state_survives_a_round_trip(plane: ControlPlane) -> None:
    state = a_full_state(plane)
    assert parsed(format_state(state)) == state


def test_every_type_of_the_file_is_looked_at() -> None:
    assert {"State", "Organization", "Credential", "Version", "Snapshot", "Rotation"} <= {
        kind.__name__ for kind in TYPES
    }


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_whatever_is_left_out_of_the_file_when_empty_may_be_missing_from_it(kind: Any) -> None:
    """None and empty collections are not written, so a field that can be one of them needs a default."""
    hints = get_type_hints(kind)
    can_be_empty = {
        name for name, hint in hints.items() if "None" in str(hint) or str(hint).startswith(("tuple", "dict"))
    }
    required = {
        field.name
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    assert can_be_empty & required == set()


def test_a_rotation_of_a_credential_without_a_scope_survives() -> None:
    credential = a_credential(versions=[a_version("v1"), a_version("v2")], pending="v2")
    state = a_state(credentials=[credential], rotations=[a_rotation(credential, new_version="v2")])
    assert parsed(format_state(state)) == state


def test_the_file_says_what_it_is_and_holds_every_table_once() -> None:
    text = format_state(a_full_state()).decode()
    assert text.startswith("# The state of vzctl, written by vzctl. Hand edits are allowed and checked;")
    assert "\r" not in text
    assert text.endswith("\n")
    tables = {"organization", "integrations", "databases", "credentials", "retired", "collections", "columns"}
    document = tomli.loads(text)
    assert list(document)[:4] == ["schema", "lineage", "serial", "vzctl"]
    assert set(document) == {
        "schema",
        "lineage",
        "serial",
        "vzctl",
        *tables,
        "rotations",
        "revocations",
        "service_tokens",
    }


def test_the_smallest_state_is_short() -> None:
    assert format_state(a_state(vzctl="0.1.0")).decode().split("\n\n", 1)[1] == (
        "schema = 1\n"
        'lineage = "3f0c0a1e-6f0e-4b52-9d9c-7a1f0f3f2b11"\n'
        "serial = 1\n"
        'vzctl = "0.1.0"\n'
        "\n[organization]\n"
        'name = "acme"\n'
        'control_plane = "local"\n'
        'fingerprint_salt = "c2FsdCBmb3IgdGVzdHM"\n'
        "\n# End of the state. vzctl refuses a file that has its first line and not this one: it was cut off.\n"
    )


def test_times_are_written_in_utc_with_whole_seconds() -> None:
    moment = datetime(2026, 1, 31, 21, 45, 12, 345678, tzinfo=timezone(timedelta(hours=9, minutes=45)))
    state = a_state(databases=[replace(SHOP, observed_at=moment)])
    assert "observed_at = 2026-01-31 12:00:12+00:00\n" in format_state(state).decode()
    assert parsed(format_state(state)).databases[0].observed_at == datetime(2026, 1, 31, 12, 0, 12, tzinfo=UTC)


def many(credentials: int, databases: int) -> State:
    found = [a_database(f"db{number}") for number in range(databases)]
    owners = [a_credential(f"key{number}", scope=found[number : number + 3]) for number in range(credentials)]
    return a_state(databases=found, credentials=owners)


def test_one_database_more_in_a_scope_changes_the_lines_of_that_entry_only() -> None:
    before = many(20, 30)
    credential = before.credentials[7]
    after = before.with_credential(
        replace(credential, scope=(*credential.scope, a_scope_entry(before.databases[25], added_at=NOW)))
    )
    assert changed_lines(before, replace(after, serial=2)) == [
        "-serial = 1",
        "+serial = 2",
        f'+    {{ database = "{before.databases[25].id}", added_at = 2026-01-31 12:00:00+00:00 }},',
    ]


def test_one_database_more_in_a_scope_of_the_astra_plane_adds_its_five_lines_only() -> None:
    known = {"evidence": Evidence.ATTESTED, "evidence_at": LONG_AGO}
    scope = tuple(replace(a_scope_entry(item), **known) for item in (SHOP, BLOG))  # type: ignore[arg-type]
    before = a_state(databases=[SHOP, BLOG, a_database("news")], credentials=[a_credential(scope=scope)])
    new = a_scope_entry(a_database("news"), added_at=NOW, evidence=Evidence.WANTED, evidence_at=NOW)
    after = before.with_credential(replace(before.credentials[0], scope=(*scope, new)))
    assert [line for line in changed_lines(before, after) if line != "+"] == [
        "+[[credentials.scope]]",
        f'+database = "{new.database}"',
        "+added_at = 2026-01-31 12:00:00+00:00",
        '+evidence = "wanted"',
        "+evidence_at = 2026-01-31 12:00:00+00:00",
    ]


def test_a_note_changes_one_line() -> None:
    before = many(20, 30)
    after = before.with_credential(replace(before.credentials[3], note="new"))
    assert changed_lines(before, after) == ['+note = "new"']


def test_one_credential_less_removes_its_lines_only() -> None:
    before = many(20, 30)
    lines = changed_lines(before, before.without_credential(before.credentials[7].id))
    assert {line[0] for line in lines} == {"-"}
    assert [line for line in lines if "name" in line] == ['-name = "key7"']


def marked(value: Any, depth: int = 0) -> tuple[Any, int]:
    """Put a key that this version does not know into every table of a document; return how many."""
    if isinstance(value, dict):
        inner = {key: marked(item, depth + 1) for key, item in value.items()}
        count = sum(number for _, number in inner.values())
        return {**{key: item for key, (item, _) in inner.items()}, "from_a_later_version": f"depth {depth}"}, count + 1
    if isinstance(value, list):
        rows = [marked(item, depth + 1) for item in value]
        return [item for item, _ in rows], sum(number for _, number in rows)
    return value, 0


def count_marks(value: Any) -> int:
    if isinstance(value, dict):
        return ("from_a_later_version" in value) + sum(count_marks(item) for item in value.values())
    return sum(count_marks(item) for item in value) if isinstance(value, list) else 0


def test_unknown_keys_at_every_depth_survive() -> None:
    import tomli_w

    document, count = marked(tomli.loads(format_state(a_full_state(ControlPlane.ASTRA)).decode()))
    state = parsed(tomli_w.dumps(document).encode())
    assert count > 25
    written = tomli.loads(format_state(state).decode())
    assert count_marks(written) == count
    assert written == document


def test_unknown_keys_survive_a_change_of_what_they_stand_beside() -> None:
    text = format_state(a_state(databases=[SHOP])).decode()
    text = text.replace('status = "ACTIVE"\n', 'status = "ACTIVE"\ncolour = "red"\n[databases.owner]\nteam = 7\n')
    state = parsed(text.encode())
    after = state.with_database(replace(state.databases[0], status="HIBERNATED"))
    assert parsed(format_state(after)).databases[0] == replace(
        SHOP, status="HIBERNATED", extra={"colour": "red", "owner": {"team": 7}}
    )


HAND_EDITS = {
    "comment": ("[[databases]]", "# the shop\n[[databases]] # here"),
    "blank lines": ("[[databases]]", "\n\n\n[[databases]]\n\n"),
    "other order": ('name = "shop"\nregion = "eu-west-1"', 'region = "eu-west-1"\nname = "shop"'),
    "single quotes": ('name = "shop"', "name = 'shop'"),
    "other time format": ("added_at = 2025-10-23 12:00:00+00:00", "added_at = 2025-10-23T14:00:00.000+02:00"),
    "windows line ends": ("\n", "\r\n"),
    "no newline at the end": ("held = true\n", "held = true"),
    "inline table": (
        '[[databases]]\nid = "{id}"\nname = "shop"\nregion = "eu-west-1"\nstatus = "ACTIVE"\n',
        'databases = [{{ id = "{id}", name = "shop", region = "eu-west-1", status = "ACTIVE" }}]\n',
    ),
}


@pytest.mark.parametrize("edit", HAND_EDITS)
def test_a_hand_edit_that_means_the_same_reads_the_same(edit: str) -> None:
    state = a_state(databases=[SHOP], credentials=[a_credential(scope=[SHOP])])
    old, new = (part.format(id=SHOP.id) for part in HAND_EDITS[edit])
    text = format_state(state).decode()
    assert old in text
    if edit == "inline table":
        text = new + text.replace(old, "").replace("# The state", "#")
    else:
        text = text.replace(old, new)
    assert parsed(text.encode()) == state


def test_a_hand_edit_of_a_value_is_taken() -> None:
    state = a_state(databases=[SHOP], credentials=[a_credential(scope=[SHOP])])
    text = format_state(state).decode().replace('name = "shop"', 'name = "market"')
    assert parsed(text.encode()) == replace(state, databases=(replace(SHOP, name="market"),))


def test_what_may_be_missing_gets_its_meaning() -> None:
    text = (
        f'schema = 1\nlineage = "abc"\nserial = 3\nvzctl = "0.1.0"\n'
        f'[organization]\nname = "acme"\ncontrol_plane = "local"\nfingerprint_salt = "s"\n'
        f'[[databases]]\nid = "{SHOP.id}"\nname = "shop"\n'
        f'[[collections]]\ndatabase = "{SHOP.id}"\nkeyspace = "ks"\nname = "c"\n'
    )
    state = parsed(text.encode())
    assert state.databases == (replace(SHOP, region=None),)
    assert state.collections == (
        a_collection(SHOP, "c", keyspace="ks", provider=None, model=None, dimension=None, recorded_at=None),
    )


def test_a_state_that_could_not_be_read_again_is_not_written() -> None:
    require_sound(a_full_state())
    with pytest.raises(RuntimeError, match=r"^refusing to write a broken state: credentials\.0\.provider "):
        require_sound(a_state(credentials=[a_credential()], integrations=[]))


def test_every_word_of_an_enumeration_is_written_as_its_value() -> None:
    document = tomli.loads(format_state(a_full_state(ControlPlane.ASTRA)).decode())
    assert document["organization"]["control_plane"] == "astra"
    assert document["credentials"][0]["evidence"] == "attested"
    assert not any(isinstance(item, Enum) for item in document["credentials"][0].values())
    assert document["credentials"][0]["key_set_at"] == LONG_AGO
