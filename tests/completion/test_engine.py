"""What a TAB offers at each place of the line, for every kind of value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.completion.conftest import NAMES, write_names
from tests.completion.small_tree import SMALL_TREE
from vzctl.completion.engine import answer, complete

READLINE_BREAKS = " \t\n\"'@><=;|&(:"

Seen = list[tuple[Mapping[str, str], str]]


def offered(state: Path, *words: str, environ: Mapping[str, str] | None = None) -> list[str]:
    """Return mode and values that fit for the last word, each value with what is typed before it."""
    completion = complete(
        SMALL_TREE,
        words,
        environ=environ or {},
        directory="/",
        locate=lambda flags, environ, directory: str(state),
    )
    values = [completion.prefix + value for value, _ in completion.candidates]
    return values if completion.mode == "values" else [completion.mode, completion.prefix]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cred", ["credentials"]),
        ("credentials ", ["list", "add", "show", "find"]),
        ("re", ["revocations"]),
        ("zzz", []),
        ("zzz ", []),
        ("credentials zzz ", []),
        ("status ", []),
        ("credentials show ", ["azure-test", "openai-dev", "openai-prod"]),
        ("credentials show openai-", ["openai-dev", "openai-prod"]),
        ("credentials show OPENAI-P", ["openai-prod"]),
        ("credentials show openai-prod ", []),
        ("credentials show --provider OpenAI ", ["openai-dev", "openai-prod"]),
        ("credentials show --provider=AZUREOPENAI ", ["azure-test"]),
        ("credentials show -pazureOpenAI ", ["azure-test"]),
        ("credentials show -p openai -p azureOpenAI ", ["azure-test"]),
        ("credentials show --provider nobody ", []),
        ("credentials find openai-dev azure-test ", ["openai-prod"]),
        ("credentials add ", []),
        ("credentials add --note ", []),
        ("credentials add --secret-file ", ["files", ""]),
        ("credentials add --secret-file=x", ["files", "--secret-file="]),
        ("credentials add x --scope shop@", ["shop@eu-west1", "shop@us-east1"]),
        ("credentials add x --scope shop@us-east1 --scope sh", ["shop@eu-west1"]),
        ("scope add ", ["azure-test", "openai-dev", "openai-prod"]),
        ("scope add nobody ", ["it's $(touch pwned)", "logs", "shop@eu-west1", "shop@us-east1"]),
        ("scope add nobody logs shop@us-east1 ", ["it's $(touch pwned)", "shop@eu-west1"]),
        ("scope add --force nobody lo", ["logs"]),
        ("databases show 3333", ["33333333-aaaa"]),
        ("providers show ", ["azureOpenAI", "newcomer", "nvidia", "openai"]),
        ("integrations remove ", ["azureOpenAI", "newcomer", "openai"]),
        ("credentials list --provider=o", ["--provider=openai"]),
        ("credentials list --provider O", ["openai"]),
        ("credentials list -po", ["-popenai"]),
        ("collections show ", ["shop@us-east1/default_keyspace/products"]),
        ("tables attach ", ["logs/main/events.vector"]),
        ("tables attach --provider NVIDIA --model ", ["NV-Embed-QA"]),
        ("tables attach --model ", ["NV-Embed-QA", "text-embedding-3-large"]),
        ("probe l", ["logs/main/events.vector"]),
        ("probe ", ["logs/main/events.vector", "shop@us-east1/default_keyspace/products"]),
        ("rotations resume ", ["openai-dev"]),
        ("revocations done ", ["r1"]),
        ("pending confirm add-s", ["add-scope:openai-prod:shop@us-east1"]),
        ("diagnose ", ["files", ""]),
        ("diagnose -- ", ["files", ""]),
        ("backup ", ["directories", ""]),
        ("explain EMB", ["EMBEDDING_PROVIDER_TIMEOUT"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("--output ", ["human", "plain", "json"]),
        ("--output=j", ["--output=json"]),
        ("-o ", ["human", "plain", "json"]),
        ("-oj", ["-ojson"]),
        ("-qoj", ["-qojson"]),
        ("-qo ", ["human", "plain", "json"]),
        ("-o json status --o", []),
        ("status --o", ["--output"]),
        ("status -", [
            "--exit-code", "--state", "--profile", "-o", "--output", "-v", "--verbose", "-q", "--quiet", "--help",
        ]),
        ("status --exit-code -qv --", ["--state", "--profile", "--output", "--verbose", "--help"]),
        ("status --unknown --e", ["--exit-code"]),
        ("status -- --", []),
        ("credentials --q", ["--quiet"]),
        ("credentials add -n --d", []),
        ("credentials add --scope logs --s", ["--scope", "--secret-file", "--state"]),
        ("credentials add --note --scope --sc", ["--scope"]),
    ],
)  # fmt: skip
def test_values_that_fit(state: Path, line: str, expected: list[str]) -> None:
    assert offered(state, *line.split(" ")) == expected


def test_provider_may_be_typed_by_its_display_name(state: Path) -> None:
    assert offered(state, "credentials", "show", "--provider", "azure openai", "") == ["azure-test"]


def test_no_words_are_the_commands(state: Path) -> None:
    assert offered(state) == offered(state, "")


def test_descriptions_say_what_a_value_is(state: Path) -> None:
    def described(*words: str) -> list[tuple[str, str]]:
        completion = complete(
            SMALL_TREE, words, environ={}, directory="/", locate=lambda flags, environ, directory: str(state)
        )
        return completion.candidates

    assert described("credentials", "show", "a") == [("azure-test", "azureOpenAI")]
    assert described("databases", "show", "shop@e") == [("shop@eu-west1", "eu-west1, HIBERNATED")]
    assert described("databases", "show", "1") == [("11111111-aaaa", "shop, us-east1, ACTIVE")]
    assert described("providers", "show", "az") == [("azureOpenAI", "Azure OpenAI")]
    assert described("probe", "lo") == [("logs/main/events.vector", "table column")]
    assert described("cred") == [("credentials", "help of credentials")]
    assert described("status", "--exit") == [("--exit-code", "help of --exit-code")]


def test_names_that_could_act_on_the_terminal_or_the_command_are_not_offered(state: Path) -> None:
    names = ["--force", "", "a\x1b[2Jb", "a\nb", "a\u202eb", "plain"]
    write_names(state, {**NAMES, "credentials": [[name, "openai"] for name in names]})
    assert offered(state, "credentials", "show", "") == ["plain"]


def test_profiles_are_the_folders_that_hold_a_state(state: Path, tmp_path: Path) -> None:
    for name in ("work", "home"):
        (tmp_path / "vzctl" / name).mkdir(parents=True)
    (tmp_path / "vzctl" / "work" / "state.toml").touch()
    assert offered(state, "--profile", "", environ={"XDG_STATE_HOME": str(tmp_path)}) == ["work"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], {}),
        (["--state", "/a"], {"state": "/a"}),
        (["--state=/a", "--state", "/b", "--profile", "work"], {"state": "/b", "profile": "work"}),
        (["--state", "~/s.toml"], {"state": "/home/of/test/s.toml"}),
        (["--state", "$PLACE/s.toml"], {"state": "/place/s.toml"}),
    ],
)
def test_typed_options_decide_which_state_is_read(
    state: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], expected: dict[str, str]
) -> None:
    monkeypatch.setenv("HOME", "/home/of/test")
    monkeypatch.setenv("PLACE", "/place")
    asked: list[tuple[dict[str, str], Mapping[str, str], str]] = []

    def locate(flags: dict[str, str], environ: Mapping[str, str], directory: str) -> str:
        asked.append((flags, environ, directory))
        return str(state)

    before = complete(
        SMALL_TREE, [*words, "databases", "show", "l"], environ={"A": "b"}, directory="/here", locate=locate
    )
    after = complete(
        SMALL_TREE, ["databases", "show", *words, "l"], environ={"A": "b"}, directory="/here", locate=locate
    )
    assert before.candidates == after.candidates == [("logs", "ACTIVE")]
    assert asked == [(expected, {"A": "b"}, "/here")] * 2


def test_state_is_not_looked_for_when_no_name_is_needed() -> None:
    def locate(flags: dict[str, str], environ: Mapping[str, str], directory: str) -> str:
        raise AssertionError("nobody needs a state here")

    for words in (["cred"], ["--output", ""], ["diagnose", ""], ["explain", ""], ["status", "-"]):
        complete(SMALL_TREE, words, environ={}, directory="/", locate=locate)


def answered(state: Path, shell: str, *arguments: str) -> list[str]:
    """Return the lines that the completion script of `shell` would read."""
    return answer(
        shell,
        arguments,
        tree=SMALL_TREE,
        environ={},
        directory="/",
        locate=lambda flags, environ, directory: str(state),
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("credentials show openai-", ["values", "openai-dev", "openai-prod"]),
        ("credentials list --provider=o", ["values", "openai"]),
        ("credentials list --provider=O", ["values", "openai"]),
        ("databases show shop@u", ["values", "@us-east1"]),
        ("databases show SHOP@u", ["values"]),
        ("pending confirm add-scope:openai-prod:shop@", ["values", "@us-east1"]),
        ("pending confirm add-", ["values", "add-credential:azure-test", "add-scope:openai-prod:shop@us-east1"]),
        ("databases show it", ["values", r"it\'s\ \$\(touch\ pwned\)"]),
        ('databases show "it', ["values", r"it's \$(touch pwned)"]),
        ("databases show 'it", ["values"]),
        ("diagnose ", ["files"]),
        ("diagnose --secret-file=", ["values"]),
        ("backup ", ["directories"]),
        ("credentials show x > ", ["files"]),
    ],
)
def test_bash_is_given_what_it_inserts_as_it_is(state: Path, line: str, expected: list[str]) -> None:
    assert answered(state, "bash", READLINE_BREAKS, f"vzctl {line}") == expected


def test_bash_without_word_breaks_is_given_whole_words(state: Path) -> None:
    assert answered(state, "bash", " \t\n\"'", "vzctl databases show shop@u") == ["values", "shop@us-east1"]
    assert answered(state, "bash", " \t\n\"'", "vzctl credentials list --provider=o") == ["values", "--provider=openai"]


def test_zsh_is_told_what_the_values_are_and_where_they_begin(state: Path) -> None:
    assert answered(state, "zsh", "credentials", "show", "a") == ["values\t0\tcredential", "azure-test:azureOpenAI"]
    assert answered(state, "zsh", "pending", "confirm", "add-c") == [
        "values\t0\tpending",
        r"add-credential\:azure-test",
    ]
    assert answered(state, "zsh", "credentials", "list", "--provider=op") == ["values\t11\tprovider", "openai:OpenAI"]
    assert answered(state, "zsh", "credentials", "add", "--secret-file=") == ["files\t14\tfile"]
    assert answered(state, "zsh", "completion", "z") == ["values\t0\tvalue", "zsh"]


def test_fish_is_given_whole_words_with_descriptions(state: Path) -> None:
    assert answered(state, "fish", "credentials", "list", "--provider=op") == ["values", "--provider=openai\tOpenAI"]
    assert answered(state, "fish", "databases", "show", r"it\'s\ ") == ["values", "it's $(touch pwned)\tPENDING"]
    assert answered(state, "fish", "databases", "show", '"it') == ["values", "it's $(touch pwned)\tPENDING"]
    assert answered(state, "fish", "backup", "") == ["directories"]


def test_unknown_shell_is_given_nothing(state: Path) -> None:
    assert answered(state, "powershell", "cred") == []


def known_words() -> list[str]:
    """Return the words of the small tree, so that random lines go deep."""
    words = ["", "-", "--", "=", "--state=x", "--provider=", "-ox", "-qvo"]
    commands = [SMALL_TREE["root"]]
    while commands:
        command = commands.pop()
        words += [command["name"], *(name for option in command["options"] for name in option["names"])]
        commands += command["commands"]
    return words


WORDS = st.sampled_from(known_words()) | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8)


@given(words=st.lists(WORDS, min_size=1, max_size=7))
def test_any_words_are_answered(words: Sequence[str]) -> None:
    def locate(flags: dict[str, str], environ: Mapping[str, str], directory: str) -> None:
        return None

    for shell, arguments in (("bash", [READLINE_BREAKS, "vzctl " + " ".join(words)]), ("zsh", words), ("fish", words)):
        lines = answer(shell, arguments, tree=SMALL_TREE, environ={"HOME": "/nowhere"}, directory="/", locate=locate)
        assert lines[0].partition("\t")[0] in {"values", "files", "directories"}
        assert not any("\n" in line for line in lines)
