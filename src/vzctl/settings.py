"""Every setting, with its source: flag, environment, project file, user file or default, in this order.

The only reader of the environment, with the entry point. Standard library only: shell completion uses it too. The project
file `./.vzctl.toml` comes with a cloned repository and is not trusted: it may set only what `Setting.project` allows.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from vzctl.command import suggest
from vzctl.config_file import bad_config, dig, flat_keys, load_document, one_word, word_list
from vzctl.errors import UsageError
from vzctl.live_settings import LiveSettings, is_provider_key, read_live
from vzctl.setting_table import SETTINGS, Setting, Sourced, is_true

PROJECT_FILE: Final = ".vzctl.toml"


@dataclass(frozen=True, slots=True)
class ExecCommands:
    """`[secrets.exec]`: argument lists, no shell."""

    get: tuple[str, ...]
    set: tuple[str, ...]
    delete: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """`[secrets]`: which store, and what each one needs."""

    store: Sourced
    exec: ExecCommands | None = None
    recipients: tuple[str, ...] = ()
    identity_file: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that was decided before a command runs."""

    state: Sourced
    profile: Sourced
    output: Sourced
    color: Sourced
    no_input: Sourced
    read_only: Sourced
    lock_timeout: Sourced
    max_age_days: Sourced
    timeout: Sourced
    astra_environment: Sourced
    secrets: StoreSettings
    live: LiveSettings
    environ: Mapping[str, str]

    @property
    def lock_timeout_seconds(self) -> float:
        """Seconds to wait for the lock; 0 asks once."""
        return float(self.lock_timeout.value)

    @property
    def timeout_seconds(self) -> float:
        """Seconds that one request may take."""
        return float(self.timeout.value)

    @property
    def policy_days(self) -> int:
        """The age at which a key is due."""
        return int(self.max_age_days.value)

    @property
    def is_no_input(self) -> bool:
        """Whether prompts are forbidden."""
        return self.no_input.value == "true"

    @property
    def is_read_only(self) -> bool:
        """Whether every change is refused."""
        return self.read_only.value == "true"

    def listed(self) -> list[tuple[str, Sourced]]:
        """Return (name, value with source) for `status -v`, in the table's order."""
        return [
            ("state", self.state),
            ("profile", self.profile),
            ("output", self.output),
            ("color", self.color),
            ("no_input", self.no_input),
            ("read_only", self.read_only),
            ("lock_timeout", self.lock_timeout),
            ("policy.max_age_days", self.max_age_days),
            ("secrets.store", self.secrets.store),
            ("timeout", self.timeout),
            ("astra.environment", self.astra_environment),
        ]


def resolve(flags: Mapping[str, str], environ: Mapping[str, str], cwd: str, *, at_terminal: bool) -> Settings:
    """Decide every setting. `flags` holds those that were typed, by setting name; raise `UsageError` for a bad value."""
    layers = _Layers(flags, environ, cwd)
    profile = layers.find("profile")
    _check_profile(profile)
    _check_state(layers.find("state", ""))
    return Settings(
        state=_state(layers, profile),
        profile=profile,
        output=layers.find("output", "human" if at_terminal else "plain"),
        color=layers.find("color"),
        no_input=_no_input(layers),
        read_only=layers.find("read_only"),
        lock_timeout=layers.find("lock_timeout"),
        max_age_days=layers.find("policy.max_age_days"),
        timeout=layers.find("timeout"),
        astra_environment=layers.find("astra.environment"),
        secrets=_secrets(layers),
        live=read_live(layers.user, layers.user_path),
        environ=environ,
    )


def locate_state(flags: Mapping[str, str], environ: Mapping[str, str], cwd: str) -> str:
    """Return the path of the state file alone; for shell completion, which needs nothing else."""
    layers = _Layers(flags, environ, cwd)
    return _state(layers, layers.find("profile")).value


def config_path(environ: Mapping[str, str]) -> str:
    """Return the path of the user's configuration file."""
    return os.path.join(_base(environ, "XDG_CONFIG_HOME", ".config"), "vzctl", "config.toml")


def profile_state(name: str, environ: Mapping[str, str]) -> str:
    """Return the path of a profile's state; raise `UsageError` when that is no name of a profile."""
    _check_profile(Sourced(name, "the argument"))
    return os.path.join(state_home(environ), name, "state.toml")


def environment() -> dict[str, str]:
    """Return a copy of the process's environment."""
    return dict(os.environ)


def state_home(environ: Mapping[str, str]) -> str:
    """Return the folder that holds every profile's state."""
    return os.path.join(_base(environ, "XDG_STATE_HOME", ".local/state"), "vzctl")


class _Layers:
    """The four places a value may come from, strongest first."""

    def __init__(self, flags: Mapping[str, str], environ: Mapping[str, str], cwd: str) -> None:
        self.flags = flags
        self.environ = environ
        self.cwd = cwd
        self.user_path = config_path(environ)
        self.project_path = os.path.join(cwd, PROJECT_FILE)
        self.user = load_document(self.user_path)
        self.project = load_document(self.project_path)
        _check_keys(self.user, self.user_path, project=False)
        _check_keys(self.project, self.project_path, project=True)

    def find(self, name: str, default: str | None = None) -> Sourced:
        setting = next(item for item in SETTINGS if item.name == name)
        return setting.form.checked(self._sourced(setting, setting.default if default is None else default))

    def _sourced(self, setting: Setting, default: str) -> Sourced:
        name = setting.name
        if name in self.flags:
            return Sourced(self.flags[name], setting.flag or name)
        if setting.variable is not None and self.environ.get(setting.variable):
            return Sourced(self.environ[setting.variable], setting.variable)
        for document, path in ((self.project, self.project_path), (self.user, self.user_path)):
            value = dig(document, setting.key) if setting.key is not None else None
            if value is not None:
                if isinstance(value, bool) or not isinstance(value, (str, int)):
                    raise bad_config(path, setting.key or name, "must be a word or a whole number")
                return Sourced(str(value), path)
        return Sourced(default, "default")


LONGEST_PROFILE: Final = 100
"""Characters: it names a folder."""

_USER_KEYS: Final = frozenset(
    {item.key for item in SETTINGS if item.key is not None and not item.key.startswith("secrets.env")}
)
_PROJECT_KEYS: Final = frozenset({item.key for item in SETTINGS if item.project and item.key is not None})


def _check_keys(document: Mapping[str, Any], path: str, *, project: bool) -> None:
    allowed = _PROJECT_KEYS if project else _USER_KEYS
    for key in flat_keys(document):
        if not project and (key == "secrets.env" or is_provider_key(key)):
            continue
        if key not in allowed and not (key.endswith(".") and _may_be_empty(key, allowed, project=project)):
            name = key.removesuffix(".")
            if project and _is_of_user(name):
                reason = (
                    "may not be set by a project file, which comes with a repository; set it in your own configuration"
                )
            else:
                reason = "is not a setting of vzctl"
            raise bad_config(path, name, reason)


def _may_be_empty(table: str, allowed: frozenset[str], *, project: bool) -> bool:
    return any(item.startswith(table) for item in allowed) or (not project and is_provider_key(f"{table}base_url"))


def _is_of_user(name: str) -> bool:
    """Whether the user's own file may hold this key or table."""
    keys = _USER_KEYS | {"secrets.env"}
    is_known = any(item == name or item.startswith(f"{name}.") for item in keys)
    return is_known or is_provider_key(name) or is_provider_key(f"{name}.base_url")


def _state(layers: _Layers, profile: Sourced) -> Sourced:
    found = layers.find("state", "")
    if found.source == "default":
        _check_profile(profile)
        return Sourced(profile_state(profile.value, layers.environ), "default")
    if found.source == layers.project_path:
        return Sourced(_inside_project(layers, found.value), found.source)
    if not found.value.strip():
        raise UsageError(f"the path of the state is empty (from {found.source})", code="SETTING_INVALID")
    if not os.path.basename(os.path.normpath(os.path.join(layers.cwd, os.path.expanduser(found.value)))):
        raise UsageError(f"the path of the state is no file (from {found.source})", code="SETTING_INVALID")
    if "\0" in found.value:
        raise UsageError("a path cannot hold a NUL character", code="USAGE")
    return Sourced(os.path.join(layers.cwd, os.path.expanduser(found.value)), found.source)


def _inside_project(layers: _Layers, value: str) -> str:
    tree = os.path.realpath(layers.cwd)
    path = os.path.join(layers.cwd, value)
    if (
        not value.strip()
        or "\0" in value
        or os.path.commonpath([tree, os.path.realpath(path)]) != tree
        or os.path.isabs(value)
    ):
        raise bad_config(layers.project_path, "state", "must be a path inside the project's own tree")
    return path


def _base(environ: Mapping[str, str], variable: str, default: str) -> str:
    found = environ.get(variable, "")
    if found and os.path.isabs(found):
        return found
    home = environ.get("HOME") or os.path.expanduser("~")
    return os.path.join(home, default)


def _no_input(layers: _Layers) -> Sourced:
    found = layers.find("no_input")
    if found.value == "false" and is_true(layers.environ.get("CI", "")):
        return Sourced("true", "CI")
    return found


def _secrets(layers: _Layers) -> StoreSettings:
    path = layers.user_path
    variables = dig(layers.user, "secrets.env") or {}
    if not isinstance(variables, dict) or not all(isinstance(value, str) for value in variables.values()):
        raise bad_config(path, "secrets.env", 'must be a table of credential = "VARIABLE"')
    identity = one_word(layers.user, path, "secrets.file.identity_file", "a path")
    home = layers.environ.get("HOME", "")
    if identity is not None and identity.startswith("~/") and home:
        identity = os.path.join(home, identity[2:])
    return StoreSettings(
        store=layers.find("secret_store"),
        exec=_exec(layers),
        recipients=word_list(layers.user, path, "secrets.file.recipients") or (),
        identity_file=identity,
        variables=variables,
    )


def _exec(layers: _Layers) -> ExecCommands | None:
    lists = [word_list(layers.user, layers.user_path, f"secrets.exec.{verb}") for verb in ("get", "set", "delete")]
    get, set_, delete = lists
    if get is None and set_ is None and delete is None:
        return None
    if not (get and set_ and delete):
        raise bad_config(layers.user_path, "secrets.exec", "needs get, set and delete")
    return ExecCommands(get, set_, delete)


def _check_profile(profile: Sourced) -> None:
    name = profile.value
    if profile.source != "default" and _looks_like_secret(name):
        raise UsageError(
            f"this looks like a key, not a profile (from {profile.source}); if it is one, replace it at its provider",
            code="PROFILE_INVALID",
            next_steps=(suggest("help", "environment", comment="every setting and where it may be set"),),
        )
    if (
        not name
        or len(name) > LONGEST_PROFILE
        or name.startswith(".")
        or not name.isascii()
        or not name.replace("-", "").replace("_", "").replace(".", "").isalnum()
    ):
        raise UsageError(
            f"{name[:LONGEST_PROFILE]!a} cannot be a profile; use letters, digits, '.', '_' and '-' (from {profile.source})",
            code="PROFILE_INVALID",
        )


def _check_state(state: Sourced) -> None:
    if state.source != "default" and _looks_like_secret(state.value):
        raise UsageError(
            f"this looks like a key, not the path of a state (from {state.source}); if it is one, replace it at its provider",
            code="SETTING_INVALID",
            next_steps=(suggest("help", "environment", comment="every setting and where it may be set"),),
        )


def _looks_like_secret(text: str) -> bool:
    from vzctl.domain.masking.redaction import looks_like_secret

    return looks_like_secret(text)
