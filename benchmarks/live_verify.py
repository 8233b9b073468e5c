"""Testing 200 keys at a stand-in that takes a tenth of a second for each answer: how far from the bound of the latency?"""

from __future__ import annotations

import re

from benchmarks.measure import VZCTL, Place, Program
from benchmarks.table import Row
from tests.support.standin.providers import Account, Providers
from tests.support.standin.server import StandIn

CREDENTIALS = 200
JOBS = 32
LATENCY_SECONDS = 0.1
ROUNDS = 3
SHORTEST_TARGET = 1.5


def live_verify(place: Place) -> list[Row]:
    """`credentials verify --all --jobs 32` with the `env` store; what one key takes is the start of the program."""
    state = place.state(CREDENTIALS, 10, 1)
    text = state.read_text(encoding="utf-8")
    # One provider for all, and no fingerprints: the keys come from variables.
    text = re.sub(r"^fingerprint = .*\n", "", text, flags=re.MULTILINE)
    head, mark, credentials = text.partition("[[credentials]]")
    one_provider = re.sub(r"^provider = .*$", 'provider = "openai"', credentials, flags=re.MULTILINE)
    state.write_text(head + mark + one_provider, encoding="utf-8")
    with StandIn() as stand_in:
        providers = Providers(stand_in, everyone=Account())
        stand_in.fail(times=None, latency=LATENCY_SECONDS)
        _configure(place, providers)
        keys = {f"KEY_{number}": f"key-of-a-benchmark-{number}" for number in range(CREDENTIALS)}
        words = [VZCTL, "--state", str(state), "credentials", "verify", "--dimension", "8"]
        programs = {
            "all": Program([*words, "--all", "--jobs", str(JOBS)], "ok", keys),
            "one": Program([*words, "credential-0"], "ok", keys),
        }
        used = place.in_turn(programs, ROUNDS)
    seconds = used["all"].seconds - (used["one"].seconds - LATENCY_SECONDS)
    bound = CREDENTIALS / JOBS * LATENCY_SECONDS
    return [
        Row(
            f"verify {CREDENTIALS} keys, {JOBS} jobs, {LATENCY_SECONDS * 1000:.0f} ms latency",
            f"{seconds * 1000:.0f} ms beyond its start ({used['one'].seconds * 1000:.0f} ms with one key)",
            f"the bound of the latency: {bound * 1000:.0f} ms",
            f"{seconds / bound:.2f}",
            f"<= {SHORTEST_TARGET:g}",
            is_met=seconds <= SHORTEST_TARGET * bound,
        )
    ]


def _configure(place: Place, providers: Providers) -> None:
    folder = place.folder / ".config" / "vzctl"
    folder.mkdir(parents=True)
    names = "".join(f'"credential-{number}" = "KEY_{number}"\n' for number in range(CREDENTIALS))
    text = f'[secrets]\nstore = "env"\n[secrets.env]\n{names}{providers.configuration}'
    (folder / "config.toml").write_text(text, encoding="utf-8")
