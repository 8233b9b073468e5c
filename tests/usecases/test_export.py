"""`state export`: what it prints is TOML that says the same as the state, whatever the texts in it are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import a_credential, a_database, a_state, a_version
from tests.support.effort import examples
from vzctl.store.schema import format_state
from vzctl.usecases.context import Context
from vzctl.usecases.state.export import export_state

HOSTILE = [
    "a\nlineage = 1",
    '"',
    '"""\n[x]',
    "'''",
    "\\",
    "\\u0041",
    "#",
    "$HOME",
    "\0",
    "\x7f",
    "\u2028",
    "é",
    "🔑",
    "a = b\n[[databases]]",
]
TEXTS = st.sampled_from(HOSTILE) | st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=examples(150), deadline=None)
@given(name=TEXTS, note=TEXTS, region=TEXTS)
def test_what_is_exported_is_read_as_the_same_values(name: str, note: str, region: str) -> None:
    shop = a_database(name, region=region)
    credential = a_credential(scope=[shop], versions=[a_version("v1")], note=note)
    state = a_state(databases=[shop], credentials=[credential])
    context = SimpleNamespace(state_store=SimpleNamespace(read=lambda: state))
    exported: dict[str, Any] = tomli.loads(export_state(cast(Context, context)).data.toml)
    expected: dict[str, Any] = tomli.loads(format_state(state).decode())
    del expected["lineage"], expected["organization"]["fingerprint_salt"]
    assert exported == expected
    assert (exported["databases"][0]["name"], exported["credentials"][0]["note"]) == (name, note)
