"""The map of a state: every kind of branch, every count, what is unproven, and the file that a drawing is written to."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import NOW, a_collection, a_credential, a_database, a_state, an_integration, database_id
from tests.support.map_states import a_large_state, a_worrying_state
from tests.support.memory_store import MemoryStore, a_context
from tests.support.state_files import a_state_file, counting_ids, written
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, UsageError, VzctlError
from vzctl.render.envelope import to_json
from vzctl.store.state_file import StateFile
from vzctl.usecases.context import Context
from vzctl.usecases.map.file import write_map
from vzctl.usecases.map.nodes import Map, MapCounts, MapRow
from vzctl.usecases.map.show import ShowMap, build_map, show_map
from vzctl.usecases.outcome import Outcome


class Untouched(MemoryStore):
    """A store that must not be asked."""

    def _count(self) -> None:
        pytest.fail("the map asked the secret store")


def draw(data: Map, chosen: str) -> str:
    return f"vzctl map of {data.organization} as {chosen}\n"


def shown(state: State, folder: Path, format: str | None = None, out: str | None = None) -> Outcome[Map]:  # noqa: A002
    return show_map(around(written(folder / "state.toml", state)), ShowMap(draw, format, out))


def around(state_file: StateFile) -> Context:
    return a_context(state_file, Untouched(), new_id=counting_ids())


def branches(data: Map) -> list[tuple[Any, ...]]:
    """Return (provider, kind, name, [(database, in scope, [leaves])]) of every branch."""
    return [
        (
            provider.id,
            branch.kind,
            branch.name,
            [
                (item.database.name, item.in_scope, [leaf.address for leaf in item.dependants])
                for item in branch.databases
            ],
        )
        for provider in data.providers
        for branch in provider.branches
    ]


def test_every_way_that_leads_to_a_provider_is_a_branch(tmp_path: Path) -> None:
    data = shown(a_worrying_state(), tmp_path).data
    assert branches(data) == [
        (
            "openai",
            "credential",
            "openai-prod",
            [
                ("shop", True, ["shop/default_keyspace/products", "shop/default_keyspace/items.title"]),
                ("logs", True, []),
                ("archive", True, []),
            ],
        ),
        (
            "openai",
            "credential",
            "openai-leaked",
            [("shop", True, []), ("archive", False, ["archive/default_keyspace/tickets"])],
        ),
        ("openai", "credential", "openai-next", []),
        ("openai", "header", None, [("logs", None, ["logs/default_keyspace/lines"])]),
        ("mistral", "credential", "mistral-1", [("logs", True, [])]),
        ("jinaAI", "missing", "jina-old", [("logs", None, ["logs/default_keyspace/lost"])]),
        ("nvidia", "none", None, [("shop", None, ["shop/default_keyspace/notes.body"])]),
        ("acmeAI", "none", None, [("shop", None, ["shop/default_keyspace/odd.vector"])]),
        (None, "none", None, [("shop", None, ["shop/default_keyspace/plain"])]),
    ]


def test_a_provider_says_who_runs_it_and_whether_it_is_enabled(tmp_path: Path) -> None:
    data = shown(a_worrying_state(), tmp_path).data
    found = [(item.id, item.display_name, item.hosting, item.enabled, item.evidence) for item in data.providers]
    assert found == [
        ("openai", "OpenAI", "external", True, "observed"),
        ("mistral", "Mistral AI", "external", True, "attested"),
        ("voyageAI", "Voyage AI", "external", True, "wanted"),
        ("jinaAI", "Jina AI", "external", False, None),
        ("nvidia", "Nvidia", "astra-hosted", False, None),
        ("acmeAI", "acmeAI", "unknown", False, None),
        (None, "without vectorize", "none", False, None),
    ]


def test_everything_is_counted(tmp_path: Path) -> None:
    assert shown(a_worrying_state(), tmp_path).data.counts == MapCounts(
        providers=3,
        credentials=4,
        databases=5,
        collections=5,
        columns=3,
        keys_due=2,
        open_rotations=1,
        keys_to_revoke=3,
        problems=4,
        wanted=5,
        attested=4,
    )


def test_a_credential_tells_its_age_its_reach_and_what_is_wrong(tmp_path: Path) -> None:
    data = shown(a_worrying_state(), tmp_path).data
    found = {
        branch.credential.name: to_json(branch.credential)
        for provider in data.providers
        for branch in provider.branches
        if branch.credential is not None
    }
    calm: dict[str, Any] = {
        "max_age_days": 90,
        "due": False,
        "keys_to_revoke": 0,
        "leaked": False,
        "rotation_step": None,
        "rotation_past_no_return": False,
        "secret_held": True,
        "removal_wanted": False,
        "problems": [],
    }
    assert found["openai-prod"] == {
        **calm,
        "id": "c-openai-prod",
        "name": "openai-prod",
        "age_days": 12,
        "scope_count": 3,
        "used_database_count": 1,
        "dependant_count": 2,
        "keys_to_revoke": 1,
        "evidence": "observed",
    }
    assert found["openai-leaked"] == {
        **calm,
        "id": "c-openai-leaked",
        "name": "openai-leaked",
        "age_days": 100,
        "due": True,
        "scope_count": 1,
        "used_database_count": 1,
        "dependant_count": 1,
        "keys_to_revoke": 1,
        "leaked": True,
        "rotation_step": "REMOVED",
        "rotation_past_no_return": True,
        "evidence": "attested",
    }
    assert found["mistral-1"] == {
        **calm,
        "id": "c-mistral-1",
        "name": "mistral-1",
        "age_days": None,
        "max_age_days": 30,
        "due": True,
        "scope_count": 1,
        "used_database_count": 0,
        "dependant_count": 0,
        "removal_wanted": True,
        "evidence": "attested",
    }
    assert (found["openai-next"]["secret_held"], found["openai-next"]["scope_count"]) == (False, 0)


def test_problems_are_with_what_they_are_about_and_in_one_list(tmp_path: Path) -> None:
    data = shown(a_worrying_state(), tmp_path).data
    leaves = [
        (leaf.address, list(leaf.problems))
        for provider in data.providers
        for branch in provider.branches
        for item in branch.databases
        for leaf in item.dependants
        if leaf.problems
    ]
    by_code = {item.code: item for item in data.problems}
    assert [item.code for item in data.problems] == [
        "OUT_OF_SCOPE",
        "SERVICE_UNKNOWN",
        "CREDENTIAL_MISSING",
        "SERVICE_UNKNOWN",
    ]
    assert leaves[0] == ("archive/default_keyspace/tickets", [by_code["OUT_OF_SCOPE"].message])
    assert leaves[1][1][-1] == by_code["CREDENTIAL_MISSING"].message
    assert str(by_code["OUT_OF_SCOPE"].command) == "vzctl scope add openai-leaked archive"


def test_a_problem_of_a_database_is_not_that_of_a_credential_with_its_name(tmp_path: Path) -> None:
    place = a_database("same", status="DREAMING")
    state = a_state(databases=[place], credentials=[a_credential("same", scope=[place], max_age_days=0)])
    data = shown(state, tmp_path).data
    (branch,) = data.providers[0].branches
    assert branch.credential is not None
    assert branch.credential.problems == ('the credential "same" has a maximum age of 0 days',)
    assert data.counts.problems == 2


def test_databases_that_no_credential_reaches_are_named(tmp_path: Path) -> None:
    data = shown(a_worrying_state(), tmp_path).data
    assert [(item.name, item.status, item.gone_since) for item in data.without_credential] == [
        ("lonely", "PENDING", None),
        ("gone", "TERMINATED", NOW),
    ]
    assert [(item.name, item.credential_count, item.dependant_count) for item in data.databases] == [
        ("shop", 2, 5),
        ("logs", 2, 2),
        ("archive", 1, 1),
        ("lonely", 0, 0),
        ("gone", 0, 0),
    ]


def test_a_credential_of_another_provider_keeps_its_dependant(tmp_path: Path) -> None:
    shop = a_database("shop")
    state = a_state(
        databases=[shop],
        credentials=[a_credential(scope=[shop])],
        collections=[a_collection(shop, "odd", provider="mistral", model="mistral-embed", credential="openai-prod")],
    )
    data = shown(state, tmp_path).data
    assert [(item[0], item[1]) for item in branches(data)] == [("openai", "credential")]
    assert data.problems[-1].code == "CREDENTIAL_OF_OTHER_PROVIDER"


def test_the_rows_hold_every_path_with_what_it_reaches(tmp_path: Path) -> None:
    shop, lonely = a_database("shop", id=database_id(1)), a_database("lonely", id=database_id(2))
    state = a_state(
        integrations=[an_integration("openai"), an_integration("mistral")],
        databases=[shop, lonely],
        credentials=[a_credential(scope=[shop]), a_credential("empty"), a_credential("unused", scope=[shop])],
        collections=[a_collection(shop, credential="openai-prod"), a_collection(shop, "open", header=True)],
    )
    data = shown(state, tmp_path).data
    key: dict[str, Any] = {"age_days": 100, "due": True}
    place: dict[str, Any] = {"database": "shop", "database_id": database_id(1)}
    used = MapRow(
        "openai",
        "credential",
        "openai-prod",
        **place,
        in_scope=True,
        kind="collection",
        address="shop/default_keyspace/products",
        **key,
    )
    assert to_json(data.plain_data)["paths"] == to_json(
        (
            used,
            MapRow("openai", "credential", "empty", **key),
            MapRow("openai", "credential", "unused", **place, in_scope=True, **key),
            MapRow("openai", "header", **place, kind="collection", address="shop/default_keyspace/open"),
            MapRow("mistral"),
            MapRow(database="lonely", database_id=database_id(2)),
        )
    )


@pytest.mark.parametrize(
    ("name", "evidence"),
    [("openai-prod", ["observed", "observed", "attested", "removal wanted"]), ("mistral-1", ["wanted"])],
)
def test_a_row_says_how_the_last_fact_on_its_path_is_known(tmp_path: Path, name: str, evidence: list[str]) -> None:
    rows = to_json(shown(a_worrying_state(), tmp_path).data.plain_data)["paths"]
    assert [row["evidence"] for row in rows if row["credential"] == name] == evidence


def test_an_empty_organization_has_a_map_and_a_first_step(tmp_path: Path) -> None:
    outcome = shown(a_state(), tmp_path)
    assert (outcome.data.providers, outcome.data.databases) == ((), ())
    assert [str(step.command) for step in outcome.next_steps] == ["vzctl credentials add NAME --provider openai"]


def test_a_drawing_that_is_printed_is_part_of_the_answer(tmp_path: Path) -> None:
    for out in (None, "-"):
        outcome = shown(a_worrying_state(), tmp_path, "tree", out)
        text = "vzctl map of bookshop as tree\n"
        assert to_json(outcome.data.drawing) == {"format": "tree", "path": None, "size": len(text), "text": text}
        assert (outcome.changed, outcome.summary) == (False, ())
        assert outcome.data.plain_data is outcome.data.drawing


@pytest.mark.parametrize(
    ("name", "drawn"),
    [("m.html", "html"), ("m.HTM", "html"), ("m.mmd", "mermaid"), ("m.mermaid", "mermaid"), ("m.txt", "tree")],
)
def test_a_drawing_is_written_for_its_owner_alone(tmp_path: Path, name: str, drawn: str) -> None:
    path = tmp_path / name
    outcome = shown(a_worrying_state(), tmp_path, None, str(path))
    text = f"vzctl map of bookshop as {drawn}\n"
    assert path.read_text(encoding="utf-8") == text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert to_json(outcome.data.drawing) == {"format": drawn, "path": str(path), "size": len(text), "text": None}
    assert outcome.summary[0] == f"wrote the map to {path}"
    assert outcome.changed is False


def test_a_map_replaces_a_map_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    path.touch(0o644)
    for _ in range(2):
        shown(a_worrying_state(), tmp_path, None, str(path))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("my notes", encoding="utf-8")
    with pytest.raises(ConflictError) as caught:
        shown(a_worrying_state(), tmp_path, None, str(path))
    assert (caught.value.code, path.read_text(encoding="utf-8")) == ("MAP_FILE_EXISTS", "my notes")


def test_the_state_file_cannot_be_overwritten_by_its_map(tmp_path: Path) -> None:
    with pytest.raises(ConflictError):
        shown(a_worrying_state(), tmp_path, "html", str(tmp_path / "state.toml"))
    assert build_map(around(a_state_file(tmp_path / "state.toml"))).serial == 42


def test_a_link_stays_and_its_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    link = tmp_path / "map.html"
    link.symlink_to(tmp_path / "public" / "index.html")
    shown(a_worrying_state(), tmp_path, None, str(link))
    assert link.is_symlink()
    assert (tmp_path / "public" / "index.html").read_text(encoding="utf-8").startswith("vzctl map of")


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("", "--out is empty; name a file, or leave --out away to print the map"),
        ("folder", '"{folder}/folder" is a folder; name a file in it'),
        ("fifo", '"{folder}/fifo" is no plain file; leave --out away to print the map'),
        ("to-fifo.html", '"{folder}/to-fifo.html" is no plain file; leave --out away to print the map'),
        ("nowhere/", '"{folder}/nowhere/" names a folder; name a file in it'),
        ("map", "the name of the file does not tell the format"),
        ("nowhere/map.html", 'the folder "{folder}/nowhere" does not exist'),
        ("folder.html", '"{folder}/folder.html" is a folder; name a file in it'),
        ("fifo.html", '"{folder}/fifo.html" is no plain file; leave --out away to print the map'),
        ("file.txt/map.html", 'the map cannot be written to "{folder}/file.txt/map.html": Not a directory'),
        ("x" * 300 + ".html", "the map cannot be written to"),
    ],
)
def test_a_place_that_takes_no_map_is_refused(tmp_path: Path, out: str, message: str) -> None:
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "file.txt").touch()
    os.mkfifo(tmp_path / "fifo.html")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "to-fifo.html").symlink_to(tmp_path / "fifo")
    with pytest.raises(UsageError) as caught:
        shown(a_worrying_state(), tmp_path, None, f"{tmp_path}/{out}" if out else "")
    assert message.format(folder=tmp_path) in caught.value.message
    assert str(caught.value.next_steps[0].command) == "vzctl map --format html --out map.html"


@pytest.mark.parametrize("form", [None, "html"])
@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("/dev/null", '"/dev/null" is no plain file; leave --out away to print the map'),
        ("/proc/x.html", 'the map cannot be written to "/proc/x.html": no file can be made in the folder "/proc"'),
        ("", "--out is empty; name a file, or leave --out away to print the map"),
    ],
)
def test_a_place_of_the_systems_is_refused_for_what_it_is(
    tmp_path: Path, form: str | None, out: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        shown(a_worrying_state(), tmp_path, form, out)
    assert (caught.value.code, caught.value.message) == ("MAP_NOT_WRITABLE", message)


def test_a_place_that_became_a_folder_meanwhile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        write_map(str(tmp_path), "vzctl map of bookshop")
    assert caught.value.message == f'"{tmp_path}" is no plain file; leave --out away to print the map'


def test_standard_output_tells_no_format(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        shown(a_worrying_state(), tmp_path, None, "-")
    assert caught.value.message == "standard output does not tell the format; give --format tree, mermaid or html"


def test_a_folder_that_cannot_be_written_is_no_bug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    state_file = written(tmp_path / "state.toml", a_worrying_state())
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(VzctlError) as caught:
        show_map(around(state_file), ShowMap(draw, None, str(tmp_path / "map.html")))
    assert caught.value.message == f'the map cannot be written to "{tmp_path}/map.html": No space left on device'
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state.toml"]


def test_an_unknown_format_is_named_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        shown(a_worrying_state(), tmp_path, "pic\x1bture")
    assert caught.value.message == "'pic\\x1bture' is no format of a map; choose tree, mermaid or html"


@pytest.mark.parametrize(("credentials", "edges"), [(50, 500), (51, 510)])
def test_a_diagram_that_mermaid_would_not_draw_comes_with_a_warning(
    tmp_path: Path, credentials: int, edges: int
) -> None:
    state = a_large_state(credentials, 9)
    warnings = shown(state, tmp_path, "mermaid").warnings
    if edges <= 500:
        assert warnings == ()
    else:
        assert [item.code for item in warnings] == ["MERMAID_LARGE"]
        assert warnings[0].message.startswith("the diagram has 510 edges; Mermaid draws 500")
    assert shown(state, tmp_path, "html").warnings == ()


def test_a_map_of_a_local_organization_has_nothing_unproven(tmp_path: Path) -> None:
    state = a_state(credentials=[a_credential()])
    counts = shown(state, tmp_path).data.counts
    assert (counts.wanted, counts.attested) == (0, 0)
