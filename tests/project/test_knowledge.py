"""The knowledge: bad data is refused by the name of its entry, and a new code needs nothing but data."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

import tools.generate
import tools.knowledge
from tools.knowledge import SOURCE, KnowledgeError, knowledge_text
from vzctl.knowledge.loader import section

CAUSES: Final = """
[next_steps.code]
command = ["explain", "{code}"]
comment = "what this code says"
[astra.invalid_request]
meaning = "The request is refused."
advice = "Correct the request."
next_step = "code"
[provider.rate_limited]
meaning = "Too many requests were sent."
advice = "Send fewer requests."
who = "no_one"
retryable = true
[unknown.insufficient_detail]
meaning = "The text does not tell."
advice = "Get the whole text."
"""
CODES: Final = """
[BAD_SORT]
family = ["REQUEST"]
scope = ["SORT"]
side = "astra"
cause = "invalid_request"
summary = "the sort is refused"
meaning = "The sort cannot be used."
fix = "Correct the sort."
[SORT_INVALID]
legacy = true
replaced_by = ["BAD_SORT"]
side = "astra"
cause = "invalid_request"
summary = "the sort is invalid"
"""
SENTENCES: Final = """
sentences = [
  { text = "cannot sort by that", code = "BAD_SORT" },
]
"""
RULE_LISTS: Final = """
[texts]
refused = ["refused", "rejected"]
[codes]
sorts = ["BAD_SORT", "SORT_INVALID"]
"""
RULES: Final = """
["code.sort-refused"]
side = "astra"
cause = "invalid_request"
meaning = "The sort is refused."
example = "BAD_SORT: rejected"
frames = ["code"]
codes = ["@sorts"]
every = [["@refused"]]
"""
LATER_RULES: Final = """
["provider.too-many"]
side = "provider"
cause = "rate_limited"
meaning = "Too many requests."
example = "HTTP 429"
statuses = [429]
pattern = 'too .{1,9} many'
"""
FILES: Final = {
    "causes": CAUSES,
    "error_codes": CODES,
    "rule_lists": RULE_LISTS,
    "rules/10-codes": RULES,
    "rules/20-providers": LATER_RULES,
    "sentences": SENTENCES,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small folder of knowledge without a fault; the other sections have tests of their own."""
    sections = {name.partition("/")[0] for name in FILES}
    checks = {name: check for name, check in tools.knowledge.CHECKS.items() if name in sections}
    monkeypatch.setattr(tools.knowledge, "CHECKS", checks)
    (tmp_path / "rules").mkdir()
    for name, text in FILES.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    knowledge_text(tmp_path)
    return tmp_path


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(KnowledgeError) as raised:
        knowledge_text(folder)
    return str(raised.value).splitlines()


def test_the_file_has_every_section_as_its_toml_says_it_on_a_line_of_its_own(folder: Path) -> None:
    text = knowledge_text(folder)
    lines = text.splitlines()
    found: dict[str, Any] = json.loads(text)
    assert list(found) == ["causes", "error_codes", "rule_lists", "rules", "sentences"]
    assert {name: list(rules) for name, rules in found["rules"].items()} == {
        "10-codes": ["code.sort-refused"],
        "20-providers": ["provider.too-many"],
    }
    assert found["causes"]["provider"]["rate_limited"]["who"] == "no_one"
    assert found["sentences"] == {"sentences": [{"text": "cannot sort by that", "code": "BAD_SORT"}]}
    assert list(found["error_codes"]) == ["BAD_SORT", "SORT_INVALID"]
    assert [line.partition(":")[0] for line in lines[1:-1]] == [f'"{name}"' for name in found]


def test_a_section_is_what_its_line_says() -> None:
    everything = json.loads((SOURCE / "generated.json").read_text(encoding="utf-8"))
    assert {name: section(name) for name in everything} == everything
    with pytest.raises(KeyError, match="error"):
        section("error")


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("error_codes", 'summary = "the sort is refused"', "", "BAD_SORT.summary: Field required"),
        (
            "error_codes",
            "fix = ",
            'mening = "x"\nfix = ',
            "BAD_SORT.mening: Extra inputs are not permitted",
        ),
        (
            "error_codes",
            "fix = ",
            "vectorize = false\nfix = ",
            "BAD_SORT.vectorize: Input should be True",
        ),
        ("error_codes", '"SORT"', '"SORTS"', "BAD_SORT.scope.0: Input should be 'DATABASE', "),
        ("error_codes", '["REQUEST"]', '"REQUEST"', "BAD_SORT.family: Input should be a valid list"),
        (
            "error_codes",
            'side = "astra"\ncause = "invalid_request"\nsummary = "the sort is invalid"',
            'side = "database"\ncause = "invalid_request"\nsummary = "the sort is invalid"',
            "SORT_INVALID.side: Input should be 'astra', 'provider' or 'unknown'",
        ),
        (
            "error_codes",
            '"invalid_request"\nsummary = "the sort is refused"',
            '"rate_limited"\nsummary = "the sort is refused"',
            "BAD_SORT.cause: causes.toml has no [astra.rate_limited]",
        ),
        ("error_codes", '["BAD_SORT"]', '["GONE"]', "SORT_INVALID.replaced_by: GONE is no other code"),
        ("error_codes", '["BAD_SORT"]', '["SORT_INVALID"]', "SORT_INVALID.replaced_by: SORT_INVALID is no other code"),
        ("error_codes", "fix = ", 'provider_code = "GONE"\nfix = ', "BAD_SORT.provider_code: GONE is no other code"),
        (
            "error_codes",
            'fix = "Correct the sort."',
            "",
            "BAD_SORT: meaning and fix stand together, or both are left out",
        ),
        (
            "error_codes",
            'family = ["REQUEST"]',
            "",
            "BAD_SORT: a code that is not legacy has a meaning, a fix and a family",
        ),
        (
            "error_codes",
            "fix = ",
            'replaced_by = ["SORT_INVALID"]\nfix = ',
            "BAD_SORT: only a legacy code is replaced_by another",
        ),
        (
            "error_codes",
            'side = "astra"\ncause = "invalid_request"\nsummary = "the sort is invalid"',
            'side = "unknown"\ncause = "insufficient_detail"\nsummary = "the sort is invalid"',
            "SORT_INVALID: where the side is unknown, how_to_decide says what settles it",
        ),
        ("error_codes", "refused", "refused.", "BAD_SORT.summary: a phrase inside a sentence has no period"),
        ("error_codes", "cannot be used.", "cannot be used", "BAD_SORT.meaning: a sentence ends with a period"),
        (
            "error_codes",
            "cannot be used.",
            "cannot  be used.",
            "BAD_SORT.meaning: a text is one line, without spaces around it or doubled, and not empty",
        ),
        ("error_codes", "[BAD_SORT]", "[bad_sort]", "bad_sort.[key]: String should match pattern "),
        ("error_codes", "[SORT_INVALID]", "[BAD_SORT]", "error_codes.toml: Cannot declare ('BAD_SORT',) twice"),
        ("causes", 'next_step = "code"', 'next_step = "name"', "astra.invalid_request.next_step: there is no "),
        ("causes", '"no_one"', '"nobody"', "provider.rate_limited.who: Input should be 'your_account', "),
        ("causes", 'advice = "Send fewer requests."', "", "provider.rate_limited.advice: Field required"),
        ("causes", 'command = ["explain", "{code}"]', "command = []", "next_steps.code.command: List should have at "),
        ("causes", "[unknown.insufficient_detail]", "[nobody.insufficient_detail]", "unknown: Field required"),
        ("rules/10-codes", "frames", "frame", "10-codes.code.sort-refused.frame: Extra inputs are not permitted"),
        ("rules/10-codes", '"code"]', '"codes"]', "10-codes.code.sort-refused.frames.0: Input should be 'free', "),
        ("rules/10-codes", "refused.", "refused", "10-codes.code.sort-refused.meaning: a sentence ends with a period"),
        ("rules/10-codes", '["@sorts"]', '["@sort"]', "code.sort-refused.codes: @sort is no code"),
        ("rules/10-codes", '["@sorts"]', '["GONE"]', "code.sort-refused.codes: GONE is no code"),
        ("rules/10-codes", "@refused", "@gone", "code.sort-refused: rule_lists.toml has no list @gone"),
        (
            "rules/10-codes",
            "@refused",
            "Refused",
            "10-codes.code.sort-refused.every.0.0: texts are compared in lower case",
        ),
        ("rules/10-codes", '"invalid_request"', '"gone"', "code.sort-refused.cause: causes.toml has no [astra.gone]"),
        (
            "rules/20-providers",
            "provider.too-many",
            "astra.too-many",
            "astra.too-many: the name begins with neither the side nor code",
        ),
        ("rules/20-providers", "provider.too-many", "code.sort-refused", "code.sort-refused: there are two rules of "),
        ("rules/20-providers", "{1,9}", "(", "20-providers.provider.too-many.pattern: not a regular expression: "),
        ("rules/20-providers", "429]", "29]", "20-providers.provider.too-many.statuses.0: Input should be greater "),
        ("rule_lists", '"SORT_INVALID"', '"GONE"', "codes.sorts: GONE is no code"),
        ("rule_lists", "[texts]", "[text]", "texts: Field required"),
        ("sentences", '"BAD_SORT"', '"GONE"', '"cannot sort by that": GONE is no code of error_codes.toml'),
        ("sentences", "cannot sort", "Cannot sort", '"Cannot sort by that": not in lower case'),
        (
            "sentences",
            "]",
            '  { text = "it cannot sort by that", code = "BAD_SORT" },\n]',
            '"it cannot sort by that": never reached, as an earlier sentence is part of it',
        ),
    ],
    ids=lambda value: None if value and "\n" in value else value,
)
def test_a_fault_is_told_with_the_name_of_its_entry(folder: Path, file: str, old: str, new: str, fault: str) -> None:
    path = folder / f"{file}.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    told = faults_of(folder)
    section_name = file.partition("/")[0]
    assert [line for line in told if line.removeprefix(f"{section_name}: ").startswith(fault)] == told[:1]


def test_a_section_without_a_check_and_a_missing_one_are_refused(folder: Path) -> None:
    (folder / "causes.toml").unlink()
    (folder / "recipes").mkdir()
    (folder / "recipes" / "10-soup.toml").write_text('salt = "some"', encoding="utf-8")
    assert faults_of(folder) == ["recipes: no check for this section in tools/knowledge.py", "causes: missing"]


def test_bad_data_is_not_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "error_codes.toml").write_text(CODES.replace('"BAD_SORT"', '"GONE"'), encoding="utf-8")
    monkeypatch.setattr(tools.generate, "knowledge_text", partial(knowledge_text, folder))
    before = (SOURCE / "generated.json").read_bytes()
    for arguments in ([], ["--check"]):
        assert tools.generate.main(arguments) == 1
        shown = capsys.readouterr()
        assert shown.out == ""
        assert "error_codes: SORT_INVALID.replaced_by: GONE is no other code\n" in shown.err
        assert "sentences: " not in shown.err
    assert (SOURCE / "generated.json").read_bytes() == before


NEW_CODE: Final = """
[SORT_TOO_MOODY]
family = ["REQUEST"]
scope = ["SORT"]
side = "astra"
cause = "sort_too_moody"
vectorize = true
summary = "the sort is in a mood"
meaning = "The sort cannot be used while it is in a mood."
fix = "Cheer the sort up."
"""
NEW_RULE: Final = """
["code.sort-very-moody"]
side = "unknown"
cause = "insufficient_detail"
confidence = "low"
meaning = "The sort does not say what ails it."
advice = "Ask the sort."
example = '{"errors":[{"message":"very moody","errorCode":"SORT_TOO_MOODY"}]}'
frames = ["code"]
codes = ["SORT_TOO_MOODY"]
every = [["very moody"]]
"""
NEW_CAUSE: Final = """
[astra.sort_too_moody]
meaning = "The sort is in a mood."
advice = "Wait until the mood has passed."
who = "no_one"
retryable = true
next_step = "code"
"""
# The file that is loaded is exchanged before anything has read it; then vzctl runs as it is installed.
WITH_KNOWLEDGE: Final = """
import sys
from pathlib import Path
from vzctl.knowledge import loader
loader.GENERATED = Path(sys.argv.pop(1))
from vzctl.__main__ import main
sys.argv[0] = "vzctl"
main()
"""


@pytest.fixture
def with_a_new_code(tmp_path: Path) -> Path:
    """The file that is generated when a code, its cause, a sentence and a rule were added as TOML, and nothing else."""
    copy = tmp_path / "knowledge"
    shutil.copytree(SOURCE, copy)
    for name, more in (("error_codes", NEW_CODE), ("causes", NEW_CAUSE)):
        with (copy / f"{name}.toml").open("a", encoding="utf-8") as file:
            file.write(more)
    sentences = (copy / "sentences.toml").read_text(encoding="utf-8").rstrip().removesuffix("]")
    line = '{ text = "this sort is in a mood", code = "SORT_TOO_MOODY" },'
    (copy / "sentences.toml").write_text(f"{sentences}  {line}\n]\n", encoding="utf-8")
    (copy / "rules" / "015-moods.toml").write_text(NEW_RULE, encoding="utf-8")
    (copy / "generated.json").write_text(knowledge_text(copy), encoding="utf-8")
    return copy / "generated.json"


def answer(generated: Path, *words: str) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-c", WITH_KNOWLEDGE, str(generated), *words, "-o", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def test_explain_knows_a_code_that_was_added_as_data(with_a_new_code: Path) -> None:
    assert answer(with_a_new_code, "explain", "sort-too-moody")["data"] == {
        "code": "SORT_TOO_MOODY",
        "side": "astra",
        "cause": "sort_too_moody",
        "retryable": True,
        "meaning": "The sort cannot be used while it is in a mood.",
        "how_to_decide": None,
        "what_to_do": "Cheer the sort up.",
        "vectorize": True,
        "legacy": False,
        "replaced_by": [],
        "family": ["REQUEST"],
        "scope": ["SORT"],
    }
    rows = answer(with_a_new_code, "explain", "--all")["data"]["codes"]
    assert [row["cause"] for row in rows if row["code"] == "SORT_TOO_MOODY"] == ["sort_too_moody"]
    assert answer(SOURCE / "generated.json", "explain", "SORT_TOO_MOODY")["code"] == "CODE_NOT_FOUND"


@pytest.mark.parametrize("text", ['{"errorCode":"SORT_TOO_MOODY","message":"No."}', "Sorry: this sort is in a mood"])
def test_diagnose_knows_a_code_that_was_added_as_data(with_a_new_code: Path, text: str) -> None:
    verdict = answer(with_a_new_code, "diagnose", "--text", text)["data"]
    shown = {
        name: verdict[name] for name in ("side", "cause", "who", "code", "rule", "retryable", "advice", "explanation")
    }
    assert shown == {
        "side": "astra",
        "cause": "sort_too_moody",
        "who": "no_one",
        "code": "SORT_TOO_MOODY",
        "rule": "code.SORT_TOO_MOODY",
        "retryable": True,
        "advice": "Wait until the mood has passed.",
        "explanation": "The Data API says: the sort is in a mood.",
    }
    assert [step["command"] for step in verdict["nextSteps"]] == ["vzctl explain SORT_TOO_MOODY"]


def test_diagnose_knows_a_rule_that_was_added_as_data(with_a_new_code: Path) -> None:
    verdict = answer(with_a_new_code, "diagnose", "--text", '{"errorCode":"SORT_TOO_MOODY","message":"Very moody."}')[
        "data"
    ]
    shown = {name: verdict[name] for name in ("side", "cause", "code", "rule", "confidence", "advice", "explanation")}
    assert shown == {
        "side": "unknown",
        "cause": "insufficient_detail",
        "code": "SORT_TOO_MOODY",
        "rule": "code.sort-very-moody",
        "confidence": "low",
        "advice": "Ask the sort.",
        "explanation": "The sort does not say what ails it.",
    }
