"""Every setting: where it may come from, which source wins, and what is refused."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzctl.bounded_text import CONFIGURATION
from vzctl.errors import ExitStatus, UsageError
from vzctl.live_settings import LiveSettings
from vzctl.setting_table import SETTINGS, Sourced, is_true
from vzctl.settings import (
    ExecCommands,
    Settings,
    StoreSettings,
    config_path,
    environment,
    locate_state,
    resolve,
    state_home,
)

CANARY: Final = "sk-proj-Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9"


@dataclass(frozen=True)
class Machine:
    """A person's home and a project, as `resolve` sees them."""

    home: Path
    project: Path

    @property
    def environ(self) -> dict[str, str]:
        return {"HOME": str(self.home)}

    @property
    def user_file(self) -> Path:
        return self.home / ".config" / "vzctl" / "config.toml"

    @property
    def project_file(self) -> Path:
        return self.project / ".vzctl.toml"

    def write_user(self, text: str) -> None:
        self.user_file.parent.mkdir(parents=True, exist_ok=True)
        self.user_file.write_text(text)

    def write_project(self, text: str) -> None:
        self.project_file.write_text(text)

    def resolve(
        self,
        flags: Mapping[str, str] | None = None,
        environ: Mapping[str, str] | None = None,
        *,
        at_terminal: bool = False,
    ) -> Settings:
        return resolve(flags or {}, {**self.environ, **(environ or {})}, str(self.project), at_terminal=at_terminal)

    def refused(self, flags: Mapping[str, str] | None = None, environ: Mapping[str, str] | None = None) -> UsageError:
        with pytest.raises(UsageError) as caught:
            self.resolve(flags, environ)
        assert caught.value.exit_status is ExitStatus.USAGE
        assert CANARY not in caught.value.message
        return caught.value


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path / "home", tmp_path / "project")
    made.home.mkdir()
    made.project.mkdir()
    return made


def test_without_any_source_everything_has_its_default(machine: Machine) -> None:
    found = machine.resolve()
    default_state = str(machine.home / ".local/state/vzctl/default/state.toml")
    assert found == Settings(
        state=Sourced(default_state, "default"),
        profile=Sourced("default", "default"),
        output=Sourced("plain", "default"),
        color=Sourced("auto", "default"),
        no_input=Sourced("false", "default"),
        read_only=Sourced("false", "default"),
        lock_timeout=Sourced("10", "default"),
        max_age_days=Sourced("90", "default"),
        timeout=Sourced("30", "default"),
        astra_environment=Sourced("prod", "default"),
        secrets=StoreSettings(store=Sourced("keyring", "default")),
        live=LiveSettings(path=str(machine.user_file)),
        environ=machine.environ,
    )
    assert (found.lock_timeout_seconds, found.timeout_seconds, found.policy_days) == (10.0, 30.0, 90)
    assert (found.is_no_input, found.is_read_only) == (False, False)


def test_what_is_listed_is_every_value_with_its_source_in_the_order_of_the_table(machine: Machine) -> None:
    found = machine.resolve({"color": "never"}, {"VZCTL_PROFILE": "work"})
    assert found.listed() == [
        ("state", found.state),
        ("profile", Sourced("work", "VZCTL_PROFILE")),
        ("output", found.output),
        ("color", Sourced("never", "--color")),
        ("no_input", found.no_input),
        ("read_only", found.read_only),
        ("lock_timeout", found.lock_timeout),
        ("policy.max_age_days", found.max_age_days),
        ("secrets.store", found.secrets.store),
        ("timeout", found.timeout),
        ("astra.environment", found.astra_environment),
    ]


VALUES: Final = {
    # name: (a value for each source: flag, environment, project file, user file)
    "profile": ("of-flag", "of-variable", "of-project", "of-user"),
    "output": ("json", "plain", "human", "json"),
    "color": ("always", "never", None, None),
    "lock_timeout": ("1.5", "2", None, None),
    "policy.max_age_days": (None, None, "30", "60"),
    "secret_store": (None, "exec", None, "env"),
    "read_only": (None, "1", None, None),
    "no_input": ("true", "0", None, None),
    "timeout": (None, "2.5", None, "3"),
    "astra.environment": (None, None, None, "dev"),
}
NAMES: Final = {"policy.max_age_days": "max_age_days", "astra.environment": "astra_environment"}


def value_of(found: Settings, name: str) -> Sourced:
    if name == "secret_store":
        return found.secrets.store
    value = getattr(found, NAMES.get(name, name))
    assert isinstance(value, Sourced)
    return value


def test_the_table_of_sources_is_that_of_the_settings() -> None:
    rows = {item.name: item for item in SETTINGS}
    for name, (flag, variable, project, user) in VALUES.items():
        setting = rows[name]
        assert [item is not None for item in (setting.flag, setting.variable, setting.key)] == [
            flag is not None,
            variable is not None,
            user is not None,
        ]
        assert setting.project is (project is not None)
    of_tables = {name for name in rows if name.startswith(("secrets.", "providers.", "rotation."))}
    assert (
        set(rows) - set(VALUES)
        == {"state", "astra.devops_url", "astra.cli_profile", "astra.data_api_hosts", "trust.hosts"} | of_tables
    )


@pytest.mark.parametrize("name", VALUES)
def test_the_strongest_source_wins(machine: Machine, name: str) -> None:
    """Flag over environment over project file over user file over default, each named as the source."""
    setting = next(item for item in SETTINGS if item.name == name)
    flag, variable, project, user = VALUES[name]
    flags: dict[str, str] = {}
    environ: dict[str, str] = {}
    expected: list[Sourced] = []

    def shown(value: str) -> str:
        return {"1": "true", "0": "false"}.get(value, value) if name in {"read_only", "no_input"} else value

    assert value_of(machine.resolve(), name).source == "default"
    if user is not None:
        machine.write_user(line(setting.key, user))
        expected.append(Sourced(user, str(machine.user_file)))
        assert value_of(machine.resolve(), name) == expected[-1]
    if project is not None:
        machine.write_project(line(setting.key, project))
        expected.append(Sourced(project, str(machine.project_file)))
        assert value_of(machine.resolve(), name) == expected[-1]
    if variable is not None and setting.variable is not None:
        environ[setting.variable] = variable
        expected.append(Sourced(shown(variable), setting.variable))
        assert value_of(machine.resolve({}, environ), name) == expected[-1]
    if flag is not None:
        flags[name] = flag
        expected.append(Sourced(flag, str(setting.flag)))
        assert value_of(machine.resolve(flags, environ), name) == expected[-1]
    assert expected


def line(key: str | None, value: str) -> str:
    assert key is not None
    return f"{key} = {value}\n" if value.isdigit() else f'{key} = "{value}"\n'


@pytest.mark.parametrize("name", [name for name, row in VALUES.items() if row[1] is not None])
def test_an_empty_variable_is_an_unset_one(machine: Machine, name: str) -> None:
    variable = next(item.variable for item in SETTINGS if item.name == name)
    assert variable is not None
    assert replace(machine.resolve({}, {variable: ""}), environ={}) == replace(machine.resolve(), environ={})


@pytest.mark.parametrize(("at_terminal", "output"), [(True, "human"), (False, "plain")])
def test_the_default_output_depends_on_the_terminal(machine: Machine, at_terminal: bool, output: str) -> None:
    assert machine.resolve(at_terminal=at_terminal).output == Sourced(output, "default")
    assert machine.resolve({"output": "json"}, at_terminal=at_terminal).output == Sourced("json", "-o, --output")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1", True),
        ("true", True),
        ("yes", True),
        ("on", True),
        ("anything", True),
        ("2", True),
        ("", False),
        ("  ", False),
        ("0", False),
        ("false", False),
        ("FALSE", False),
        (" No ", False),
        ("off", False),
    ],
)
def test_a_boolean_variable_is_read_as_people_write_them(machine: Machine, text: str, meaning: bool) -> None:
    assert is_true(text) is meaning
    found = machine.resolve({}, {"VZCTL_READ_ONLY": text, "VZCTL_NO_INPUT": text})
    assert (found.is_read_only, found.is_no_input) == (meaning, meaning)


@pytest.mark.parametrize(
    ("flags", "environ", "expected"),
    [
        ({}, {"CI": "true"}, Sourced("true", "CI")),
        ({}, {"CI": "1", "VZCTL_NO_INPUT": "0"}, Sourced("true", "CI")),
        ({}, {"CI": "1", "VZCTL_NO_INPUT": "1"}, Sourced("true", "VZCTL_NO_INPUT")),
        ({"no_input": "true"}, {"CI": "1"}, Sourced("true", "--no-input")),
        ({}, {"CI": "false"}, Sourced("false", "default")),
        ({}, {"CI": ""}, Sourced("false", "default")),
    ],
)
def test_ci_forbids_prompts(
    machine: Machine, flags: dict[str, str], environ: dict[str, str], expected: Sourced
) -> None:
    assert machine.resolve(flags, environ).no_input == expected


# ---------------------------------------------------------------- where the state is


@pytest.mark.parametrize(
    ("flags", "environ", "path", "source"),
    [
        ({}, {}, "{home}/.local/state/vzctl/default/state.toml", "default"),
        ({}, {"XDG_STATE_HOME": "/x/state"}, "/x/state/vzctl/default/state.toml", "default"),
        ({}, {"XDG_STATE_HOME": "relative"}, "{home}/.local/state/vzctl/default/state.toml", "default"),
        ({"profile": "work"}, {}, "{home}/.local/state/vzctl/work/state.toml", "default"),
        ({}, {"VZCTL_STATE": "/x/s.toml"}, "/x/s.toml", "VZCTL_STATE"),
        ({}, {"VZCTL_STATE": "s.toml"}, "{project}/s.toml", "VZCTL_STATE"),
        ({"state": "../s.toml"}, {"VZCTL_STATE": "/x"}, "{project}/../s.toml", "--state"),
        ({"state": "s.toml", "profile": "work"}, {}, "{project}/s.toml", "--state"),
    ],
)
def test_the_state_is_where_the_strongest_source_says(
    machine: Machine, flags: dict[str, str], environ: dict[str, str], path: str, source: str
) -> None:
    expected = path.format(home=machine.home, project=machine.project)
    assert machine.resolve(flags, environ).state == Sourced(expected, source)
    assert locate_state(flags, {**machine.environ, **environ}, str(machine.project)) == expected


def test_a_tilde_is_the_home(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(machine.home))
    machine.write_user('state = "~/s.toml"\n')
    assert machine.resolve().state == Sourced(str(machine.home / "s.toml"), str(machine.user_file))


def test_without_a_home_the_systems_own_answer_is_taken(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    assert config_path({}) == "/somewhere/.config/vzctl/config.toml"
    assert state_home({"HOME": ""}) == "/somewhere/.local/state/vzctl"


def test_the_configuration_is_where_xdg_says(machine: Machine) -> None:
    other = machine.home / "elsewhere" / "vzctl" / "config.toml"
    other.parent.mkdir(parents=True)
    other.write_text('output = "json"\n')
    environ = {"XDG_CONFIG_HOME": str(machine.home / "elsewhere")}
    assert machine.resolve({}, environ).output == Sourced("json", str(other))


@pytest.mark.parametrize("value", ["state.toml", "deep/er/state.toml", "./x/../state.toml"])
def test_a_project_file_may_place_the_state_inside_its_own_tree(machine: Machine, value: str) -> None:
    machine.write_project(f'state = "{value}"\n')
    expected = os.path.join(machine.project, value)
    assert machine.resolve().state == Sourced(expected, str(machine.project_file))


@pytest.mark.parametrize(
    "value",
    [
        "../state.toml",
        "x/../../state.toml",
        "/etc/passwd",
        "{project}/state.toml",
        "link/state.toml",
        "file-link",
        "~/../../../../../../../etc/passwd",
        "a\\u0000b",
        "",
        " ",
    ],
)
def test_a_project_file_may_not_place_the_state_outside_its_own_tree(machine: Machine, value: str) -> None:
    (machine.project / "link").symlink_to(machine.home)
    (machine.project / "file-link").symlink_to("../home/state.toml")
    machine.write_project(f'state = "{value.format(project=machine.project)}"\n')
    for error in (machine.refused(), located(machine)):
        assert (error.code, error.message) == (
            "CONFIG_INVALID",
            f"the configuration \"{machine.project_file}\": 'state' must be a path inside the project's own tree",
        )


def located(machine: Machine) -> UsageError:
    with pytest.raises(UsageError) as caught:
        locate_state({}, machine.environ, str(machine.project))
    return caught.value


def test_a_project_that_is_reached_through_a_link_is_still_one_tree(machine: Machine) -> None:
    machine.write_project('state = "state.toml"\n')
    link = machine.home / "link"
    link.symlink_to(machine.project)
    found = resolve({}, machine.environ, str(link), at_terminal=False)
    assert found.state == Sourced(str(link / "state.toml"), str(link / ".vzctl.toml"))


@pytest.mark.parametrize(
    ("flags", "environ", "source"),
    [({"state": ""}, {}, "--state"), ({"state": "  "}, {}, "--state"), ({}, {"VZCTL_STATE": " "}, "VZCTL_STATE")],
)
def test_an_empty_path_is_refused(
    machine: Machine, flags: dict[str, str], environ: dict[str, str], source: str
) -> None:
    error = machine.refused(flags, environ)
    assert error.message == f"the path of the state is empty (from {source})"


def test_a_path_with_a_nul_is_refused(machine: Machine) -> None:
    assert machine.refused({"state": "a\0b"}).message == "a path cannot hold a NUL character"


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("profile", ["work", "a.b-c_d", "7", "A" * 100])
def test_a_profile_is_a_folder_name(machine: Machine, profile: str) -> None:
    expected = str(machine.home / ".local/state/vzctl" / profile / "state.toml")
    assert machine.resolve({"profile": profile}).state.value == expected


@pytest.mark.parametrize(
    "profile", ["", ".", "..", ".hidden", "a/b", "../x", "a b", "a\nb", "\u00e9", "-", "--", "a\0b"]
)
def test_any_other_profile_is_refused(machine: Machine, profile: str) -> None:
    error = machine.refused({"profile": profile})
    assert (error.code, error.message) == (
        "PROFILE_INVALID",
        f"{profile!a} cannot be a profile; use letters, digits, '.', '_' and '-' (from --profile)",
    )
    with pytest.raises(UsageError):
        locate_state({"profile": profile}, machine.environ, str(machine.project))


def test_a_key_in_the_place_of_a_profile_is_refused_and_not_repeated(machine: Machine) -> None:
    key = "sk-proj-Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9"
    error = machine.refused({"profile": key})
    assert (error.code, error.message) == (
        "PROFILE_INVALID",
        "this looks like a key, not a profile (from --profile); if it is one, replace it at its provider",
    )
    assert key not in repr((error.message, error.evidence, error.next_steps))


@pytest.mark.parametrize("form", ["{}", "dir/{}", "/srv/{}/state.toml"])
def test_a_key_in_the_place_of_a_state_is_refused_and_not_repeated(machine: Machine, form: str) -> None:
    key = "sk-proj-Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9"
    for error, source in (
        (machine.refused({"state": form.format(key)}), "--state"),
        (machine.refused(environ={"VZCTL_STATE": form.format(key)}), "VZCTL_STATE"),
    ):
        assert (error.code, error.message) == (
            "SETTING_INVALID",
            f"this looks like a key, not the path of a state (from {source}); if it is one, replace it at its provider",
        )


@pytest.mark.parametrize(
    ("flags", "environ", "message"),
    [
        ({"output": "xml"}, {}, "'xml' is no output; choose human, plain, json (from -o, --output)"),
        ({"output": ""}, {}, "'' is no output; choose human, plain, json (from -o, --output)"),
        ({}, {"VZCTL_OUTPUT": "JSON"}, "'JSON' is no output; choose human, plain, json (from VZCTL_OUTPUT)"),
        ({"color": "red"}, {}, "'red' is no color; choose auto, always, never (from --color)"),
        (
            {},
            {"VZCTL_SECRET_STORE": "vault"},
            "'vault' is no secret store; choose keyring, exec, file, env (from VZCTL_SECRET_STORE)",
        ),
        ({"lock_timeout": "soon"}, {}, "'soon' is no number of seconds (from --lock-timeout)"),
        ({"lock_timeout": "-1"}, {}, "'-1' is no number of seconds (from --lock-timeout)"),
        ({"lock_timeout": "nan"}, {}, "'nan' is no number of seconds (from --lock-timeout)"),
        ({"lock_timeout": "inf"}, {}, "'inf' is no number of seconds (from --lock-timeout)"),
        ({"lock_timeout": "86401"}, {}, "'86401' is no number of seconds (from --lock-timeout)"),
        ({}, {"VZCTL_LOCK_TIMEOUT": "x\x1b"}, "'x\\x1b' is no number of seconds (from VZCTL_LOCK_TIMEOUT)"),
    ],
)
def test_a_bad_value_is_refused_with_its_source(
    machine: Machine, flags: dict[str, str], environ: dict[str, str], message: str
) -> None:
    error = machine.refused(flags, environ)
    assert (error.code, error.message) == ("SETTING_INVALID", message)


@pytest.mark.parametrize("seconds", ["0", "0.5", "86400", "1e2"])
def test_seconds_are_any_number_up_to_a_day(machine: Machine, seconds: str) -> None:
    assert machine.resolve({"lock_timeout": seconds}).lock_timeout_seconds == float(seconds)


@pytest.mark.parametrize("days", ["1", "36500"])
def test_days_are_a_whole_number(machine: Machine, days: str) -> None:
    machine.write_project(f"[policy]\nmax_age_days = {days}\n")
    assert machine.resolve().policy_days == int(days)


@pytest.mark.parametrize("days", ["0", "-1", "36501", '"soon"', '""', '"\u0663"', '"1e2"', f'"{"9" * 5000}"'])
def test_any_other_number_of_days_is_refused(machine: Machine, days: str) -> None:
    machine.write_user(f"[policy]\nmax_age_days = {days}\n")
    error = machine.refused()
    assert error.code == "SETTING_INVALID"
    assert error.message.endswith(f" is no number of days (from {machine.user_file})")


@pytest.mark.parametrize(
    "text", ["output = true", "output = 1.5", 'output = ["json"]', "output = 2026-01-31", "profile = {}", "[profile.x]"]
)
def test_a_value_of_the_wrong_type_is_refused(machine: Machine, text: str) -> None:
    machine.write_user(f"{text}\n")
    assert machine.refused().code == "CONFIG_INVALID"


@pytest.mark.parametrize(
    "text",
    [
        "output = true\n",
        "[policy]\nmax_age_days = [1]\n",
    ],
)
def test_the_key_of_a_wrong_type_is_named(machine: Machine, text: str) -> None:
    machine.write_project(text)
    key = "output" if "output" in text else "policy.max_age_days"
    assert machine.refused().message == (
        f'the configuration "{machine.project_file}": {key!r} must be a word or a whole number'
    )


FORBIDDEN: Final = {
    "secrets.store": '[secrets]\nstore = "exec"\n',
    "secrets.exec.get": '[secrets.exec]\nget = ["sh", "-c", "curl evil"]\n',
    "secrets.exec.set": '[secrets.exec]\nset = ["sh"]\n',
    "secrets.exec.delete": '[secrets.exec]\ndelete = ["sh"]\n',
    "secrets.file.recipients": '[secrets.file]\nrecipients = ["age1evil"]\n',
    "secrets.file.identity_file": '[secrets.file]\nidentity_file = "x"\n',
    "secrets.env": '[secrets.env]\n"openai-prod" = "EVIL"\n',
    "timeout": "timeout = 1\n",
    "astra.environment": '[astra]\nenvironment = "dev"\n',
    "astra.devops_url": '[astra]\ndevops_url = "https://evil.example.com"\n',
    "rotation.mint.PROVIDER": '[rotation.mint]\nPROVIDER = ["sh", "-c", "curl evil"]\n',
    "rotation.revoke.PROVIDER": '[rotation.revoke]\nPROVIDER = ["sh"]\n',
    "astra.cli_profile": '[astra]\ncli_profile = "evil"\n',
    "astra.data_api_hosts": '[astra]\ndata_api_hosts = ["evil.example.com"]\n',
    "trust.hosts": '[trust]\nhosts = ["https://evil.example.com"]\n',
    "providers.PROVIDER.base_url": '[providers.PROVIDER]\nbase_url = "https://evil.example.com"\n',
}


def test_addresses_are_read_from_the_users_file(machine: Machine) -> None:
    machine.write_user(
        '[astra]\ndevops_url = "https://devops.example.com"\ndata_api_hosts = ["data.example.com"]\n'
        '[trust]\nhosts = ["https://cassandra.internal:8181"]\n'
        '[providers.openai]\nbase_url = "https://proxy.example.com/openai"\n'
        '[rotation.mint]\nopenai = ["make-key", "{credential}"]\n'
    )
    assert machine.resolve().live == LiveSettings(
        devops_url="https://devops.example.com",
        data_api_hosts=("data.example.com",),
        trusted_hosts=("https://cassandra.internal:8181",),
        provider_urls={"openai": "https://proxy.example.com/openai"},
        mint_commands={"openai": ("make-key", "{credential}")},
        path=str(machine.user_file),
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[astra]\ndevops_url = 1\n", "astra.devops_url"),
        ('[astra]\ndata_api_hosts = "one"\n', "astra.data_api_hosts"),
        ('[trust]\nhosts = "https://one.example"\n', "trust.hosts"),
        ("[astra]\ncli_profile = 1\n", "astra.cli_profile"),
        ("[rotation]\nmint = 1\n", "rotation.mint"),
        ('[rotation.mint]\nopenai = "program"\n', "rotation.mint.openai"),
        ("[rotation.forget]\nopenai = []\n", "rotation.forget.openai"),
        ("providers = 1\n", "providers"),
        ("[providers.openai]\nbase_url = true\n", "providers.openai.base_url"),
        ('[providers.openai]\nurl = "https://x"\n', "providers.openai.url"),
        ('[providers]\nopenai = "https://x"\n', "providers.openai"),
        ('[providers."open ai"]\nbase_url = "https://x"\n', "providers.open ai.base_url"),
    ],
)
def test_an_address_of_the_wrong_kind_is_refused(machine: Machine, text: str, key: str) -> None:
    machine.write_user(text)
    error = machine.refused()
    assert error.code == "CONFIG_INVALID"
    assert repr(key) in error.message


@pytest.mark.parametrize("seconds", ["0", "-1", "601", "soon", "nan", "inf"])
def test_a_timeout_is_a_number_of_seconds_above_zero(machine: Machine, seconds: str) -> None:
    with pytest.raises(UsageError, match="is no number of seconds"):
        machine.resolve({}, {"VZCTL_TIMEOUT": seconds})


def test_every_setting_that_a_project_may_not_set_is_in_the_table() -> None:
    assert set(FORBIDDEN) == {item.key for item in SETTINGS if item.key is not None and not item.project}


@pytest.mark.parametrize("key", FORBIDDEN)
def test_a_project_file_may_not_say_where_secrets_go(machine: Machine, key: str) -> None:
    machine.write_project(FORBIDDEN[key])
    error = machine.refused()
    assert (error.code, error.message) == (
        "CONFIG_INVALID",
        f'the configuration "{machine.project_file}": {key!r} may not be set by a project file, which comes with a '
        "repository; set it in your own configuration",
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("colour = 1\n", "colour"),
        ('color = "never"\n', "color"),
        ("lock_timeout = 5\n", "lock_timeout"),
        ("[policy]\nmax_age = 5\n", "policy.max_age"),
        ("[secrets.environment]\nx = 1\n", "secrets.environment.x"),
        ("[secrets]\nenvx = 1\n", "secrets.envx"),
        ("[nothing]\n", "nothing"),
        ('"a\\u001b[31m" = 1\n', "a\x1b[31m"),
    ],
)
@pytest.mark.parametrize("project", [True, False])
def test_a_key_that_nobody_knows_is_refused(machine: Machine, text: str, key: str, project: bool) -> None:
    (machine.write_project if project else machine.write_user)(text)
    path = machine.project_file if project else machine.user_file
    assert machine.refused().message == f'the configuration "{path}": {key!a} is not a setting of vzctl'


# ---------------------------------------------------------------- files that are no configuration


@pytest.mark.parametrize("project", [True, False])
@pytest.mark.parametrize(
    ("data", "place"),
    [
        (f"output = {CANARY}".encode(), "line 1, column 10"),
        (f'x = 1\n"{CANARY}'.encode(), "end of document"),
        (f'"{CANARY}" = 1\n"{CANARY}" = 2\n'.encode(), "line 2"),
        (b"\xff" + CANARY.encode(), "unknown place"),
        (b"<<<<<<< HEAD\n", "line 1"),
        (b"a = 'x\0y'", "line 1"),
    ],
)
def test_what_is_not_toml_is_refused_without_repeating_it(
    machine: Machine, data: bytes, place: str, project: bool
) -> None:
    path = machine.project_file if project else machine.user_file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    error = machine.refused()
    assert error.code == "CONFIG_INVALID"
    assert error.message.startswith(f'the configuration "{path}" is not TOML: {place}')
    assert error.__cause__ is None


@pytest.mark.parametrize("project", [True, False])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1\ny = " + "[" * 100_000, ", line 2 is nested too deeply (more than 16 levels)"),
        ("a." * 20_000 + "a = 1", ", line 1 is nested too deeply (a key of more than 16 parts)"),
        ("x = [" + "1, " * 30_000 + "]", " is too dense (more than 20000 values)"),
        (
            "x = 1\ny = " + "9" * 5000,
            ", line 2 is too long in one place (a number or bare key of more than 200 characters)",
        ),
    ],
    ids=["arrays", "dots", "values", "digits"],
)
def test_a_configuration_that_no_person_writes_is_refused_before_it_is_parsed(
    machine: Machine, text: str, reason: str, project: bool
) -> None:
    path = machine.project_file if project else machine.user_file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    error = machine.refused()
    assert (error.code, error.message) == ("CONFIG_INVALID", f'the configuration "{path}"{reason}')


@pytest.mark.parametrize("project", [True, False])
def test_a_configuration_that_is_a_folder_is_refused(machine: Machine, project: bool) -> None:
    path = machine.project_file if project else machine.user_file
    path.mkdir(parents=True)
    error = machine.refused()
    assert (error.code, error.message) == (
        "CONFIG_UNREADABLE",
        f'cannot read the configuration "{path}": Is a directory',
    )


@pytest.mark.parametrize("target", ["/dev/zero", "pipe"])
def test_a_project_file_that_leads_to_a_device_or_a_pipe_is_refused_without_reading_it(
    machine: Machine, target: str
) -> None:
    os.mkfifo(machine.project / "pipe")
    machine.project_file.symlink_to(target)
    error = machine.refused()
    assert error.message == f'the configuration "{machine.project_file}" is not a regular file'


def test_a_huge_configuration_is_refused(machine: Machine) -> None:
    machine.write_project("# " + "x" * CONFIGURATION.size)
    assert machine.refused().message == f'the configuration "{machine.project_file}" is larger than 1048576 bytes'


def test_a_configuration_in_a_loop_of_links_is_refused(machine: Machine) -> None:
    machine.project_file.symlink_to(".vzctl.toml")
    assert machine.refused().message == (
        f'cannot read the configuration "{machine.project_file}": Too many levels of symbolic links'
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="run as another user than root")
def test_a_configuration_without_the_right_to_read_it_is_refused(machine: Machine) -> None:
    machine.write_user("")
    machine.user_file.chmod(0)
    assert machine.refused().message == f'cannot read the configuration "{machine.user_file}": Permission denied'


def test_no_configuration_is_an_empty_one(machine: Machine) -> None:
    (machine.home / ".config").write_text("a file where a folder belongs")
    assert machine.resolve().output.source == "default"


@given(st.binary(max_size=200))
def test_no_content_of_a_configuration_is_more_than_a_usage_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp() / "settings-fuzz"
    folder.mkdir(exist_ok=True)
    (folder / ".vzctl.toml").write_bytes(data)
    try:
        found = resolve({}, {"HOME": str(folder / "home")}, str(folder), at_terminal=False)
    except UsageError:
        return
    assert found.secrets == StoreSettings(store=Sourced("keyring", "default"))


# ---------------------------------------------------------------- secret stores


def test_the_exec_store_is_three_commands(machine: Machine) -> None:
    machine.write_user('[secrets]\nstore = "exec"\n[secrets.exec]\nget = ["a", "b"]\nset = ["c"]\ndelete = ["d"]\n')
    assert machine.resolve().secrets == StoreSettings(
        store=Sourced("exec", str(machine.user_file)), exec=ExecCommands(("a", "b"), ("c",), ("d",))
    )


@pytest.mark.parametrize("missing", ["get", "set", "delete"])
def test_a_part_of_the_exec_store_is_refused(machine: Machine, missing: str) -> None:
    lines = [f'{verb} = ["x"]' for verb in ("get", "set", "delete") if verb != missing]
    machine.write_user("\n".join(["[secrets.exec]", *lines]))
    assert machine.refused().message == (
        f"the configuration \"{machine.user_file}\": 'secrets.exec' needs get, set and delete"
    )


@pytest.mark.parametrize("value", ['"pass show"', "[]", '[""]', "[1]", '["a", 1]', "true"])
@pytest.mark.parametrize("key", ["secrets.exec.get", "secrets.file.recipients"])
def test_a_command_is_a_list_of_words(machine: Machine, key: str, value: str) -> None:
    machine.write_user(f"{key} = {value}\n")
    assert machine.refused().message == f'the configuration "{machine.user_file}": {key!r} must be a list of words'


def test_the_file_store_has_recipients_and_an_identity(machine: Machine) -> None:
    machine.write_user('[secrets.file]\nrecipients = ["age1a", "age1b"]\nidentity_file = "~/id.txt"\n')
    assert machine.resolve().secrets == StoreSettings(
        store=Sourced("keyring", "default"), recipients=("age1a", "age1b"), identity_file=str(machine.home / "id.txt")
    )


@pytest.mark.parametrize("path", ["/etc/id.txt", "id.txt", "~other/id.txt"])
def test_an_identity_elsewhere_stays_as_it_is(machine: Machine, path: str) -> None:
    machine.write_user(f'secrets.file.identity_file = "{path}"\n')
    assert machine.resolve().secrets.identity_file == path


def test_without_a_home_a_tilde_stays_as_it_is(machine: Machine) -> None:
    config = machine.home / "vzctl" / "config.toml"
    config.parent.mkdir()
    config.write_text('secrets.file.identity_file = "~/id.txt"\n')
    found = resolve({}, {"XDG_CONFIG_HOME": str(machine.home), "HOME": ""}, str(machine.project), at_terminal=False)
    assert found.secrets.identity_file == "~/id.txt"


def test_an_identity_is_a_path(machine: Machine) -> None:
    machine.write_user("secrets.file.identity_file = 5\n")
    assert machine.refused().message == (
        f"the configuration \"{machine.user_file}\": 'secrets.file.identity_file' must be a path"
    )


def test_the_env_store_maps_credentials_to_variables(machine: Machine) -> None:
    machine.write_user('[secrets.env]\n"openai-prod" = "OPENAI_API_KEY"\n"a.b" = "AB"\n')
    assert machine.resolve().secrets.variables == {"openai-prod": "OPENAI_API_KEY", "a.b": "AB"}


@pytest.mark.parametrize("text", ["secrets.env = 5\n", "[secrets.env]\nx = 5\n", "[secrets.env.x]\ny = 'Z'\n"])
def test_the_env_store_takes_words_only(machine: Machine, text: str) -> None:
    machine.write_user(text)
    assert machine.refused().message == (
        f'the configuration "{machine.user_file}": \'secrets.env\' must be a table of credential = "VARIABLE"'
    )


def test_the_environment_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VZCTL_PROFILE", "x")
    copied = environment()
    assert copied == dict(os.environ)
    copied["VZCTL_PROFILE"] = "y"
    assert os.environ["VZCTL_PROFILE"] == "x"
