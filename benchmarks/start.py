"""Short commands, against a Typer application that does nothing; and a TAB, against an interpreter that does nothing."""

from __future__ import annotations

from benchmarks.measure import HERE, PYTHON, VZCTL, Place, Program
from benchmarks.table import Row, share

ROUNDS = 21


def list_credentials(place: Place) -> list[Row]:
    """`credentials list -o json` on 100 credentials x 100 databases, 10 per scope."""
    state = str(place.state(100, 100, 10))
    used = place.in_turn(
        {
            "vzctl": Program([VZCTL, "--state", state, "credentials", "list", "-o", "json"], shows='"credential-99"'),
            "bare": Program([PYTHON, str(HERE / "bare_typer_pydantic.py"), "list", "-o", "json"], shows="{}"),
        },
        ROUNDS,
    )
    return [share("credentials list -o json, 100 x 100", used["vzctl"], "bare Typer + pydantic", used["bare"], 1.25)]


def help_and_version(place: Place) -> list[Row]:
    """`--help` and `--version`."""
    bare = [PYTHON, str(HERE / "bare_typer.py")]
    used = place.in_turn(
        {
            "help": Program([VZCTL, "--help"], shows="credentials"),
            "bare help": Program([*bare, "--help"], shows="list"),
            "version": Program([VZCTL, "--version"], shows="vzctl "),
            "bare version": Program([*bare, "--version"], shows="bare "),
        },
        ROUNDS,
    )
    return [
        share("--help", used["help"], "bare Typer --help", used["bare help"], 1.25),
        share("--version", used["version"], "bare Typer --version", used["bare version"], 1.25),
    ]


def completion(place: Place) -> list[Row]:
    """A TAB on a state of 1 000 credentials: a command, a name from the cache, a name without a cache."""
    cached = str(place.state(1000, 200, 20))
    fresh = str(place.state(1000, 50, 1))
    touch = Program(
        [VZCTL, "--state", cached, "databases", "edit", "database-0", "--status", "ACTIVE", "--region", "x"]
    )
    place.run(touch)

    def tab(state: str, *words: str, shows: str) -> Program:
        environment = {"_VZCTL_COMPLETE": "zsh", "VZCTL_STATE": state}
        return Program([VZCTL, "--", *words], shows=shows, environment=environment)

    tabs = {
        "a verb": tab(cached, "credentials", "ro", shows="rotate"),
        "a credential": tab(cached, "credentials", "rotate", "credential-99", shows="credential-999"),
        "a credential, parsing a state of 430 kB": tab(
            fresh, "credentials", "rotate", "credential-99", shows="credential-999"
        ),
    }
    used = place.in_turn({"nothing": Program([PYTHON, "-c", "pass"]), **tabs}, ROUNDS)
    nothing = used["nothing"]
    rows = []
    for name in tabs:
        over = (used[name].seconds - nothing.seconds) * 1000
        rows.append(
            Row(
                f"TAB for {name}, 1 000 credentials",
                f"{used[name].seconds * 1000:.0f} ms",
                f"python -c pass {nothing.seconds * 1000:.0f} ms",
                f"+{over:.0f} ms",
                "< 100 ms",
                is_met=over < 100,
            )
        )
    return rows
