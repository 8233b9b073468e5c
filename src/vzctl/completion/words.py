"""How bash cuts a line into words, and how a value is written so that bash reads it back.

bash hands a completion function words cut at `=`, `:` and `@`, quotes included, so the line itself is read here.
Nothing is ever expanded: `$(…)` and `$NAME` stay as they are written.
"""

from __future__ import annotations

_BLANKS = " \t\n"
_SAFE = frozenset("._-@/:+,=%")
_ESCAPED_IN_DOUBLE_QUOTES = '$`"\\'


class BashLine:
    """A line up to the cursor, without its first word (the program).

    `words` are unquoted, the last one is under the cursor. bash replaces only the end of that word, from `kept` on.
    `quote` is the quote that is still open, `is_redirected` says that the word is the file of a redirection.
    """

    __slots__ = (
        "_breaks",
        "_in_word",
        "_position",
        "_target_follows",
        "_text",
        "is_redirected",
        "kept",
        "line",
        "quote",
        "words",
    )

    def __init__(self, line: str, word_breaks: str) -> None:
        self.line = line
        self.words: list[str] = []
        self.kept = 0
        self.quote = ""
        self._breaks = word_breaks
        self._position = 0
        self._text = ""
        self._in_word = False  # an empty word is one too: `""`
        self._target_follows = False
        while self._position < len(line):
            self._step(line[self._position])
        self.is_redirected = self._target_follows
        self.words = [*self.words, self._text][1:] or [""]

    def _step(self, character: str) -> None:
        if character in _BLANKS:
            self._end_word()
            self._position += 1
        elif character == "\\":
            self._append(self.line[self._position + 1 : self._position + 2].replace("\n", ""), 2)
        elif character in "'\"":
            self._quoted(character)
        elif character in "<>" and not self._follows("("):
            self._redirection()
        elif character == "`" or (character in "$<>" and self._follows("(")):
            self._substitution(character)
        elif character == "$" and (self._follows("'") or self._follows('"')):
            self._position += 1
        else:
            before = len(self._text)
            self._append(character, 1)
            if character in self._breaks:
                # readline hands on the `@` itself with what follows it, but no other character (rl_special_prefixes)
                self.kept = before if character == "@" else before + 1

    def _follows(self, character: str) -> bool:
        return self.line[self._position + 1 : self._position + 2] == character

    def _append(self, text: str, length: int) -> None:
        self._text += text
        self._in_word = True
        self._position += length

    def _mark_break(self) -> None:
        self.kept = len(self._text)

    def _end_word(self) -> None:
        if self._in_word:
            if not self._target_follows:
                self.words.append(self._text)
            self._target_follows = False
        self._text = ""
        self._in_word = False
        self.kept = 0

    def _quoted(self, quote: str) -> None:
        self._append("", 1)
        self._mark_break()
        self.quote = quote
        while self._position < len(self.line):
            character = self.line[self._position]
            if character == quote:
                self.quote = ""
                self._position += 1
                if quote in self._breaks:
                    self._mark_break()
                return
            if character == "\\" and quote == '"':
                escaped = self.line[self._position + 1 : self._position + 2]
                kept = escaped if escaped in _ESCAPED_IN_DOUBLE_QUOTES else "\\" + escaped
                self._append("" if escaped == "\n" else kept, 2)
            else:
                self._append(character, 1)

    def _redirection(self) -> None:
        if self._text.isdigit() or self._text == "&":
            self._in_word = False  # the file descriptor of `2>`, or the first half of `&>`
        self._end_word()
        while self.line[self._position : self._position + 1] in ("<", ">", "&", "|"):
            self._position += 1
        self._target_follows = True

    def _substitution(self, character: str) -> None:
        """Take `$(…)`, `<(…)` or a pair of backticks into the word as it is written."""
        depth = 0
        start = self._position
        for position in range(start, len(self.line)):
            depth += {"(": 1, ")": -1}.get(self.line[position], 0)
            is_last = self.line[position] == (")" if character != "`" else "`") and depth == 0 and position > start
            if is_last or position == len(self.line) - 1:
                self._append(self.line[start : position + 1], position + 1 - start)
                return


def quote_for_bash(text: str, open_quote: str) -> str | None:
    """Write `text` so that bash reads it as one literal word, inside `open_quote` if any; None when it cannot be."""
    if open_quote == "'":
        return None if "'" in text else text
    if open_quote == '"':
        escaped = "".join("\\" + letter if letter in _ESCAPED_IN_DOUBLE_QUOTES else letter for letter in text)
        return None if "!" in text else escaped
    return "".join(letter if letter.isalnum() or letter in _SAFE else "\\" + letter for letter in text)
