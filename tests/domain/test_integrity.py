"""What makes a state broken: each kind of breakage with its place, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.support.builders import (
    NOW,
    a_collection,
    a_column,
    a_credential,
    a_database,
    a_full_state,
    a_retired_credential,
    a_revocation,
    a_rotation,
    a_scope_entry,
    a_service_token,
    a_snapshot,
    a_state,
    a_version,
    an_integration,
    an_organization,
)
from vzctl.domain.checks.integrity import Breakage, Place, breakages
from vzctl.domain.state.names import is_path_word
from vzctl.domain.state.records import Authentication, ControlPlane, Direction, Step
from vzctl.domain.state.state import State

SHOP, BLOG = a_database("shop"), a_database("blog")
MAIN = a_credential(scope=[SHOP], versions=[a_version("v1"), a_version("v2")])
RETIRED = a_retired_credential()
NAIVE = datetime(2026, 1, 31, 12)  # noqa: DTZ001  (the zone that a person forgot)
NO_ZONE = "is a time without a zone; write 2026-01-31T12:00:00Z"


def a_shop(**parts: Any) -> State:
    return a_state(**{"databases": [SHOP, BLOG], "credentials": [MAIN], "retired": [RETIRED], **parts})


@pytest.mark.parametrize("plane", ControlPlane)
def test_a_full_state_is_sound(plane: ControlPlane) -> None:
    assert list(breakages(a_full_state(plane))) == []


def test_an_empty_state_is_sound() -> None:
    assert list(breakages(a_state())) == []


TOKEN = a_service_token(SHOP)
BROKEN: list[tuple[str, State, Place, str]] = [
    ("schema", a_state(schema=2), ("schema",), "is 2, this vzctl reads 1"),
    (
        "a certificate name twice",
        a_state(
            databases=[
                a_database("shop", certificate_name="x.example"),
                a_database("blog", certificate_name="X.example"),
            ]
        ),
        ("databases", 1, "certificate_name"),
        '"X.example" is there twice',
    ),
    (
        "a freshness below zero",
        a_state(databases=[a_database("shop", freshness_seconds=-1)]),
        ("databases", 0, "freshness_seconds"),
        "must be 0 to 604800",
    ),
    (
        "a freshness above a week",
        a_state(databases=[a_database("shop", freshness_seconds=604801)]),
        ("databases", 0, "freshness_seconds"),
        "must be 0 to 604800",
    ),
    (
        "a token twice",
        a_shop(service_tokens=[TOKEN, TOKEN]),
        ("service_tokens", 1, "id"),
        '"t1" is there twice',
    ),
    (
        "a token of no database",
        a_shop(service_tokens=[a_service_token("nowhere")]),
        ("service_tokens", 0, "database"),
        '"nowhere" is no database here',
    ),
    (
        "a token id with a space",
        a_shop(service_tokens=[a_service_token(SHOP, id="t 1")]),
        ("service_tokens", 0, "id"),
        "must be letters, digits, '-' and '_'",
    ),
    (
        "a hash that is too short",
        a_shop(service_tokens=[replace(TOKEN, sha256="ab")]),
        ("service_tokens", 0, "sha256"),
        "must be 64 digits of 0-9 a-f",
    ),
    (
        "a hash in capitals",
        a_shop(service_tokens=[replace(TOKEN, sha256=TOKEN.sha256.upper())]),
        ("service_tokens", 0, "sha256"),
        "must be 64 digits of 0-9 a-f",
    ),
    ("serial below zero", a_state(serial=-1), ("serial",), "is no number of changes"),
    ("serial far too high", a_state(serial=2**53), ("serial",), "is no number of changes"),
    ("lineage empty", a_state(lineage=""), ("lineage",), "must be a UUID: letters, digits and '-'"),
    ("lineage a path", a_state(lineage="../x"), ("lineage",), "must be a UUID: letters, digits and '-'"),
    (
        "salt",
        a_state(organization=an_organization(salt="")),
        ("organization", "fingerprint_salt"),
        "is empty",
    ),
    (
        "integration twice",
        a_state(integrations=[an_integration(), an_integration("mistral"), an_integration()]),
        ("integrations", 2, "provider"),
        '"openai" is there twice',
    ),
    (
        "database twice",
        a_state(databases=[SHOP, replace(BLOG, id=SHOP.id)]),
        ("databases", 1, "id"),
        f'"{SHOP.id}" is there twice',
    ),
    (
        "collection twice",
        a_shop(collections=[a_collection(SHOP, "c"), a_collection(BLOG, "c"), a_collection(SHOP, "c")]),
        ("collections", 2, "name"),
        '"default_keyspace/c" is there twice',
    ),
    (
        "column twice",
        a_shop(columns=[a_column(SHOP, "t", "c"), a_column(SHOP, "t", "c", dimension=3)]),
        ("columns", 1, "column"),
        '"default_keyspace/t.c" is there twice',
    ),
    (
        "rotation twice",
        a_shop(rotations=[a_rotation(MAIN, step=Step.DONE), a_rotation(MAIN, step=Step.ROLLED_BACK)]),
        ("rotations", 1, "id"),
        '"r1" is there twice',
    ),
    (
        "revocation twice",
        a_shop(revocations=[a_revocation(MAIN, "v1"), a_revocation(MAIN, "v2")]),
        ("revocations", 1, "id"),
        '"rev1" is there twice',
    ),
    (
        "credential id twice",
        a_shop(credentials=[MAIN, replace(MAIN, name="other")]),
        ("credentials", 1, "id"),
        '"c-openai-prod" is there twice',
    ),
    (
        "credential id of a retired one",
        a_shop(retired=[replace(RETIRED, id=MAIN.id)]),
        ("credentials", 1, "id"),
        '"c-openai-prod" is there twice',
    ),
    (
        "credential name twice",
        a_shop(credentials=[MAIN, replace(MAIN, id="other")]),
        ("credentials", 1, "name"),
        '"openai-prod" is there twice',
    ),
    (
        "illegal name",
        a_shop(credentials=[a_credential("open ai", id="c1", versions=[])]),
        ("credentials", 0, "name"),
        "\"open ai\" cannot be a credential name: it contains ' '; allowed are letters A-Z a-z, digits, '.', '_' and '-'",
    ),
    (
        "credential without integration",
        a_shop(integrations=[an_integration("mistral")]),
        ("credentials", 0, "provider"),
        '"openai" has no integration',
    ),
    (
        "credential id that no store may see",
        a_shop(credentials=[a_credential(id="../../etc")]),
        ("credentials", 0, "id"),
        "must be letters, digits, '-' and '_'",
    ),
    (
        "scope twice",
        a_shop(credentials=[a_credential(scope=[SHOP, SHOP])]),
        ("credentials", 0, "scope"),
        '"openai-prod" has a database twice',
    ),
    (
        "scope of nothing",
        a_shop(credentials=[a_credential(scope=[SHOP, "gone"])]),
        ("credentials", 0, "scope", 1, "database"),
        'the scope of "openai-prod" names "gone", which is no database here',
    ),
    (
        "version twice",
        a_shop(credentials=[a_credential(versions=[a_version("v1"), a_version("v1")])]),
        ("credentials", 0, "versions"),
        '"openai-prod" has a version id twice',
    ),
    (
        "version id that no store may see",
        a_shop(credentials=[a_credential(versions=[a_version("v1"), a_version("v/2")])]),
        ("credentials", 0, "versions", 1, "id"),
        "must be letters, digits, '-' and '_'",
    ),
    (
        "current of nothing",
        a_shop(credentials=[replace(MAIN, current="v9")]),
        ("credentials", 0, "current"),
        '"openai-prod" points to the version "v9", which is not there',
    ),
    (
        "pending of nothing",
        a_shop(credentials=[replace(MAIN, pending="v9")]),
        ("credentials", 0, "pending"),
        '"openai-prod" points to the version "v9", which is not there',
    ),
    (
        "previous of nothing",
        a_shop(credentials=[replace(MAIN, previous=("v2", "v9"))]),
        ("credentials", 0, "previous"),
        '"openai-prod" points to the version "v9", which is not there',
    ),
    (
        "collection in no database",
        a_shop(collections=[a_collection("gone")]),
        ("collections", 0, "database"),
        '"gone" is no database of this file',
    ),
    (
        "column in no database",
        a_shop(columns=[a_column("gone")]),
        ("columns", 0, "database"),
        '"gone" is no database of this file',
    ),
    (
        "credential without a name",
        a_shop(collections=[replace(a_collection(SHOP), authentication=Authentication.CREDENTIAL)]),
        ("collections", 0, "authentication"),
        'a credential is named exactly when authentication is "credential"',
    ),
    (
        "header with a credential",
        a_shop(columns=[replace(a_column(SHOP, header=True), credential="openai-prod")]),
        ("columns", 0, "authentication"),
        'a credential is named exactly when authentication is "credential"',
    ),
    (
        "rotation of nothing",
        a_shop(rotations=[replace(a_rotation(MAIN, step=Step.DONE), credential="gone")]),
        ("rotations", 0, "credential"),
        '"gone" is no credential of this file',
    ),
    (
        "rotation from no version",
        a_shop(rotations=[a_rotation(MAIN, old_version="v9", new_version="v2")]),
        ("rotations", 0, "old_version"),
        '"v9" is no version of its credential',
    ),
    (
        "rotation to no version",
        a_shop(rotations=[a_rotation(MAIN, old_version=None, new_version="v9")]),
        ("rotations", 0, "new_version"),
        '"v9" is no version of its credential',
    ),
    (
        "rotation at a step of the other plane",
        a_shop(rotations=[a_rotation(MAIN, new_version="v2", step=Step.REMOVED)]),
        ("rotations", 0, "step"),
        "REMOVED is no step that this rotation goes through",
    ),
    (
        "rotation going back before it went forward",
        a_shop(rotations=[a_rotation(MAIN, new_version="v2", step=Step.STAGED, direction=Direction.BACK)]),
        ("rotations", 0, "step"),
        "STAGED is no step that this rotation goes through",
    ),
    (
        "two open rotations",
        a_shop(rotations=[a_rotation(MAIN, id="r1", new_version="v2"), a_rotation(MAIN, id="r2", new_version="v2")]),
        ("rotations", 1, "credential"),
        "has two open rotations, or was removed",
    ),
    (
        "open rotation of a removed credential",
        a_shop(
            rotations=[replace(a_rotation(new_version=RETIRED.versions[0].id, old_version=None), credential=RETIRED.id)]
        ),
        ("rotations", 0, "credential"),
        "has two open rotations, or was removed",
    ),
    (
        "revocation of nothing",
        a_shop(revocations=[replace(a_revocation(MAIN), credential="gone")]),
        ("revocations", 0, "version"),
        "belongs to no credential of this file",
    ),
    (
        "revocation of no version",
        a_shop(revocations=[a_revocation(RETIRED, "v9")]),
        ("revocations", 0, "version"),
        "belongs to no credential of this file",
    ),
]


@pytest.mark.parametrize(("state", "place", "reason"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_each_breakage_is_the_only_one_and_names_its_place(state: State, place: Place, reason: str) -> None:
    assert list(breakages(state)) == [Breakage(place, reason)]


def test_a_finished_rotation_may_name_versions_that_are_gone() -> None:
    state = a_shop(rotations=[a_rotation(MAIN, step=Step.DONE, old_version="v8", new_version="v9")])
    assert list(breakages(state)) == []


def test_a_finished_rotation_and_a_revocation_may_belong_to_a_removed_credential() -> None:
    rotation = replace(a_rotation(step=Step.ROLLED_BACK), credential=RETIRED.id)
    assert list(breakages(a_shop(rotations=[rotation], revocations=[a_revocation(RETIRED)]))) == []


TIMES: list[tuple[State, Place]] = [
    (a_shop(integrations=[an_integration(added_at=NAIVE)]), ("integrations", 0, "added_at")),
    (a_shop(integrations=[an_integration(evidence_at=NAIVE)]), ("integrations", 0, "evidence_at")),
    (a_shop(integrations=[an_integration(removal_wanted_at=NAIVE)]), ("integrations", 0, "removal_wanted_at")),
    (a_state(databases=[BLOG, replace(SHOP, observed_at=NAIVE)]), ("databases", 1, "observed_at")),
    (a_state(databases=[replace(SHOP, gone_since=NAIVE)]), ("databases", 0, "gone_since")),
    (a_shop(credentials=[a_credential(created_at=NAIVE)]), ("credentials", 0, "created_at")),
    (a_shop(credentials=[a_credential(key_set_at=NAIVE)]), ("credentials", 0, "key_set_at")),
    (a_shop(credentials=[a_credential(evidence_at=NAIVE)]), ("credentials", 0, "evidence_at")),
    (a_shop(credentials=[a_credential(removal_wanted_at=NAIVE)]), ("credentials", 0, "removal_wanted_at")),
    (
        a_shop(credentials=[a_credential(scope=[BLOG, a_scope_entry(SHOP, added_at=NAIVE)])]),
        ("credentials", 0, "scope", 1, "added_at"),
    ),
    (
        a_shop(credentials=[a_credential(scope=[a_scope_entry(SHOP, evidence_at=NAIVE)])]),
        ("credentials", 0, "scope", 0, "evidence_at"),
    ),
    (
        a_shop(credentials=[a_credential(scope=[a_scope_entry(SHOP, removal_wanted_at=NAIVE)])]),
        ("credentials", 0, "scope", 0, "removal_wanted_at"),
    ),
    (
        a_shop(credentials=[a_credential(versions=[a_version(created_at=NAIVE)])]),
        ("credentials", 0, "versions", 0, "created_at"),
    ),
    (a_shop(retired=[a_retired_credential(removed_at=NAIVE)]), ("retired", 0, "removed_at")),
    (
        a_shop(retired=[a_retired_credential(versions=[a_version(created_at=NAIVE)])]),
        ("retired", 0, "versions", 0, "created_at"),
    ),
    (a_shop(collections=[a_collection(SHOP, recorded_at=NAIVE)]), ("collections", 0, "recorded_at")),
    (a_shop(collections=[a_collection(SHOP, observed_at=NAIVE)]), ("collections", 0, "observed_at")),
    (a_shop(columns=[a_column(SHOP, recorded_at=NAIVE)]), ("columns", 0, "recorded_at")),
    (a_shop(columns=[a_column(SHOP, observed_at=NAIVE)]), ("columns", 0, "observed_at")),
    (a_shop(rotations=[a_rotation(MAIN, new_version="v2", started_at=NAIVE)]), ("rotations", 0, "started_at")),
    (a_shop(rotations=[a_rotation(MAIN, step=Step.DONE, finished_at=NAIVE)]), ("rotations", 0, "finished_at")),
    (
        a_shop(rotations=[a_rotation(MAIN, step=Step.DONE, snapshot=a_snapshot(key_set_at=NAIVE))]),
        ("rotations", 0, "snapshot", "key_set_at"),
    ),
    (a_shop(revocations=[a_revocation(MAIN, due_since=NAIVE)]), ("revocations", 0, "due_since")),
    (a_shop(revocations=[a_revocation(MAIN, done_at=NAIVE)]), ("revocations", 0, "done_at")),
]


@pytest.mark.parametrize(("state", "place"), TIMES, ids=[".".join(str(part) for part in row[1]) for row in TIMES])
def test_a_time_without_a_zone_is_broken_wherever_it_is(state: State, place: Place) -> None:
    assert list(breakages(state)) == [Breakage(place, NO_ZONE)]


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12))),
    ],
)
def test_a_time_that_cannot_be_written_in_utc_is_broken(moment: datetime) -> None:
    state = a_state(databases=[replace(SHOP, observed_at=moment)])
    assert list(breakages(state)) == [Breakage(("databases", 0, "observed_at"), "is a time at the end of the calendar")]


def test_a_time_in_another_zone_is_sound() -> None:
    moment = NOW.astimezone(timezone(timedelta(hours=-9, minutes=-30)))
    assert list(breakages(a_state(databases=[replace(SHOP, observed_at=moment)]))) == []
    assert moment.astimezone(UTC) == NOW


KEY = "sk-proj-0123456789abcdefghij0123456789abcdefghij"


@pytest.mark.parametrize(
    "state",
    [
        a_shop(credentials=[a_credential(f"{KEY} ", id="c1", versions=[])]),
        a_shop(credentials=[replace(MAIN, provider=KEY)], integrations=[]),
        a_shop(credentials=[a_credential(scope=[KEY])]),
        a_shop(credentials=[replace(MAIN, current=KEY)]),
        a_shop(collections=[a_collection(KEY)]),
        a_shop(rotations=[replace(a_rotation(MAIN), credential=KEY)]),
        a_shop(rotations=[a_rotation(MAIN, new_version=KEY)]),
        a_state(databases=[replace(SHOP, id=KEY), replace(BLOG, id=KEY)]),
    ],
)
def test_a_key_that_was_pasted_into_the_file_is_not_repeated(state: State) -> None:
    found = list(breakages(state))
    assert found
    assert not [item for item in found if KEY in item.reason]


def test_a_foreign_word_is_shown_cut_and_escaped() -> None:
    state = a_shop(collections=[a_collection("a\x1b[31m" + "\u00e9" * 500)])
    assert list(breakages(state)) == [
        Breakage(("collections", 0, "database"), ascii("a\x1b[31m" + "\u00e9" * 54) + " is no database of this file")
    ]


@pytest.mark.parametrize("text", ["a", "A-1_b", "3f0c0a1e-6f0e-4b52-9d9c-7a1f0f3f2b11"])
def test_letters_digits_dash_and_underscore_make_a_path_word(text: str) -> None:
    assert is_path_word(text)


@pytest.mark.parametrize("text", ["", "-", "__", ".", "..", "a/b", "a b", "a.b", "\u00e9", "\u0663", "a\n"])
def test_nothing_else_makes_a_path_word(text: str) -> None:
    assert not is_path_word(text)
