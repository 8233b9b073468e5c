"""Write every file that is made from the code or the knowledge, or with `--check` say which are stale.

    python tools/generate.py [--check]

The JSON file of `src/vzctl/knowledge`; the command tree for shell completion and the completion scripts; the JSON Schemas;
the generated blocks of the pages. All but the first are made from vzctl, which reads the first: it is written before vzctl
is imported.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

TOP: Final = Path(__file__).resolve().parents[1]
if str(TOP) not in sys.path:
    sys.path.insert(0, str(TOP))

from tools.knowledge import GENERATED, KnowledgeError, knowledge_text  # noqa: E402  (found only now, run as a script)

KNOWLEDGE: Final = f"src/vzctl/knowledge/{GENERATED}"
SCHEMAS: Final = "docs/schemas"


def generated_files(top: Path = TOP) -> dict[str, str]:
    """Return the text of every generated file, by its path below `top`; pages keep what is written by hand."""
    return {KNOWLEDGE: knowledge_text(), **_made_from_vzctl(top)}


def stale_files(top: Path = TOP) -> list[str]:
    """Return the paths of files that are missing, differ from what is generated, or should no longer be there.

    Where the knowledge is stale, so may be all that is made from it: only its path is returned.
    """
    if not _says(top / KNOWLEDGE, knowledge_text()):
        return [KNOWLEDGE]
    texts = generated_files(top)
    stale = [name for name, text in texts.items() if not _says(top / name, text)]
    return sorted([*stale, *_left_over(texts, top)])


def write_files(top: Path = TOP) -> list[str]:
    """Make every generated file fresh; return the paths of those that changed."""
    knowledge = knowledge_text()
    is_stale = not _says(top / KNOWLEDGE, knowledge)
    if is_stale:
        _write(top / KNOWLEDGE, knowledge)
    texts = generated_files(top)
    changed = stale_files(top)
    for name in changed:
        if name in texts:
            _write(top / name, texts[name])
        else:
            (top / name).unlink()
    return sorted([*changed, *([KNOWLEDGE] if is_stale else [])])


def main(arguments: list[str]) -> int:
    """Write the files, or check them; return the exit status."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        stale = stale_files() if arguments else []
        written = [] if arguments else write_files()
    except KnowledgeError as fault:
        print(f"faults in src/vzctl/knowledge:\n{fault}", file=sys.stderr)
        return 1
    for name in written:
        print(f"written: {name}")
    for name in stale:
        print(f"stale: {name}; run make generate", file=sys.stderr)
    return 1 if stale else 0


def _made_from_vzctl(top: Path) -> dict[str, str]:
    from tools.command_tree import tree_text
    from tools.documentation import PAGES, new_page, with_blocks
    from tools.json_schemas import schema_texts
    from vzctl.cli.main import app
    from vzctl.completion.scripts import FILE_NAMES, SHELLS, script

    texts = {"src/vzctl/completion/tree.json": tree_text(app, _vocabularies())}
    texts |= {f"completions/{FILE_NAMES[shell]}": script(shell) for shell in SHELLS}
    texts |= {f"{SCHEMAS}/{name}": text for name, text in schema_texts().items()}
    pages = [path.relative_to(top).as_posix() for path in (*top.glob("*.md"), *top.glob("docs/*.md"))]
    for page in sorted({*pages, *PAGES}):
        path = top / page
        texts[page] = with_blocks(path.read_text(encoding="utf-8")) if path.exists() else new_page(page)
    return texts


def _vocabularies() -> dict[str, list[tuple[str, str]]]:
    """Return the fixed values that shell completion offers, each with what it shows beside it."""
    from vzctl.domain.catalog.catalog import CATALOGUE

    return {
        "provider": [(provider.id, provider.display_name) for provider in CATALOGUE],
        "model": [(model.name, provider.id) for provider in CATALOGUE for model in provider.models],
    }


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _left_over(texts: dict[str, str], top: Path) -> list[str]:
    found = [path.relative_to(top).as_posix() for path in (top / SCHEMAS).glob("*.json")]
    return [name for name in found if name not in texts]


def _says(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
