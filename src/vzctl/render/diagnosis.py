"""Verdicts and error codes for a person who is tired: whose side first, then what, why, and what to do."""

from __future__ import annotations

from textwrap import wrap
from typing import Final

from rich.console import Console
from rich.text import Text

from vzctl.render.cells import escape
from vzctl.usecases.diagnosis.code_detail import CodeDetail
from vzctl.usecases.diagnosis.result import Diagnosis, VerdictView

_STYLES: Final = {"astra": "bold magenta", "provider": "bold yellow", "unknown": "bold"}
_SIDES: Final = {
    "astra": "Astra's side: the platform, the client, or how it is set up",
    "provider": "the provider's side: the embedding service, its account or its key",
    "unknown": "not decidable from this text",
}
_UNDECIDED_CODE: Final = "either side: the code alone does not decide"
_WHO: Final = {
    "you": "you: your request, your client, or how it is configured",
    "your_account": "you: your account or key at the provider",
    "provider": "the provider",
    "astra": "Astra",
    "no_one": "no one: wait, then retry",
}


def show_diagnosis(console: Console, found: Diagnosis) -> None:
    """Print the surest error in full, then the others of the text, grouped by their side."""
    _headline(console, found)
    _paragraph(console, found.explanation)
    facts = [
        ("cause", _cause(found)),
        ("who acts", _WHO[found.who]),
        ("confidence", found.confidence),
        ("rule", found.rule),
    ]
    facts += [(name, text) for name, text in (("provider", found.provider), ("code", found.code)) if text is not None]
    if found.http_status is not None:
        facts.append(("HTTP", str(found.http_status)))
    if found.retryable or found.side != "unknown":
        facts.append(("retry", "may succeed by itself" if found.retryable else "no use before something is changed"))
    console.print()
    _pairs(console, facts)
    if found.evidence:
        console.print(Text("\nevidence", style="bold"))
        for item in found.evidence:
            line = Text(f"  {escape(item.text)}")
            line.append(f"   {escape(item.meaning)}", style="dim")
            console.print(line, soft_wrap=True)
    console.print(Text("\nwhat to do", style="bold"))
    _paragraph(console, found.advice)
    if found.others:
        _others(console, found.others)


def show_briefly(console: Console, found: Diagnosis) -> None:
    """Print one verdict of a stream: where, whose side and what on one line, why on the next, what to do on a third."""
    place = f"line {found.line}" if found.line is not None else "" if found.id is None else escape(str(found.id))
    first = Text(f"{place}  " if place else "")
    first.append(found.side, style=_STYLES[found.side])
    first.append(f"  {_cause(found)}{_about(found)}", style="bold")
    first.append(f"  {found.explanation}")
    lines = [first]
    lines += [Text(f"    {escape(item.text)}", style="dim") for item in found.evidence[:1]]
    lines.append(Text(f"    {found.advice}"))
    lines += [Text(f"    {escape(str(step.command))}", style="cyan") for step in found.nextSteps[:1]]
    for other in found.others:
        rest = Text("    also: ")
        rest.append(other.side, style=_STYLES[other.side])
        rest.append(f"  {_cause(other)}{_about(other)}")
        lines.append(rest)
    console.print(Text("\n").join(lines), soft_wrap=True)  # once: a stream may have as many verdicts as lines


def show_code(console: Console, found: CodeDetail) -> None:
    """Print what a code says."""
    console.print(Text(f"{found.code}{' (legacy)' if found.legacy else ''}", style="bold"))
    side = _UNDECIDED_CODE if found.side == "unknown" else _SIDES[found.side]
    console.print(Text(side, style=_STYLES[found.side]))
    console.print()
    _paragraph(console, found.meaning)
    if found.how_to_decide is not None:
        console.print(Text("\nhow to decide", style="bold"))
        _paragraph(console, found.how_to_decide)
    console.print(Text("\nwhat to do", style="bold"))
    _paragraph(console, found.what_to_do)
    facts = [
        ("cause", found.cause or ""),
        ("retry", "may succeed by itself" if found.retryable else ""),
        ("replaced by", ", ".join(found.replaced_by)),
        ("family", ", ".join(found.family)),
        ("scope", ", ".join(found.scope)),
    ]
    shown = [(name, text) for name, text in facts if text]
    if shown:
        console.print()
        _pairs(console, shown)


def _headline(console: Console, found: Diagnosis) -> None:
    if found.others:
        total = len(found.others) + 1
        console.print(Text(f"{total} different errors; the surest first", style="bold"))
        console.print()
    console.print(Text(_SIDES[found.side], style=_STYLES[found.side]))


def _others(console: Console, others: tuple[VerdictView, ...]) -> None:
    for side in ("astra", "provider", "unknown"):
        group = [item for item in others if item.side == side]
        if not group:
            continue
        console.print()
        console.print(
            Text(f"also {_SIDES[side]}" if side != "unknown" else f"also, {_SIDES[side]}", style=_STYLES[side])
        )
        for item in group:
            console.print(Text(f"  {_cause(item)}{_about(item)}: {escape(item.explanation)}"), soft_wrap=True)
            if item.evidence:
                console.print(Text(f"    {escape(item.evidence[0].text)}", style="dim"), soft_wrap=True)
            console.print(Text(f"    {escape(item.advice)}"), soft_wrap=True)
            for step in item.nextSteps:
                console.print(Text(f"    {escape(str(step.command))}", style="cyan"), soft_wrap=True)


def _cause(found: VerdictView) -> str:
    return f"{found.cause} × {found.count}" if found.count > 1 else found.cause


def _about(found: VerdictView) -> str:
    parts = [found.provider, found.code, f"HTTP {found.http_status}" if found.http_status is not None else None]
    told = ", ".join(escape(part) for part in parts if part is not None)
    return f" ({told})" if told else ""


def _paragraph(console: Console, text: str) -> None:
    for line in wrap(escape(text), max(20, console.width), initial_indent="  ", subsequent_indent="  "):
        console.print(Text(line), soft_wrap=True)


def _pairs(console: Console, pairs: list[tuple[str, str]]) -> None:
    width = max(len(name) for name, _ in pairs)
    for name, text in pairs:
        line = Text(f"  {name:<{width}}  ", style="dim")
        line.append(escape(text), style="none")
        console.print(line, soft_wrap=True)
