"""Every code in the source has its sentence, every sentence gets its parameters, and none is left over."""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

import pytest

ROOT = Path(__file__).parents[2]
ANYTHING = r"[\w.-]+"
ERRORS = {"Failed", "Refused", "WrongUse"}
SPEAKERS = {*ERRORS, "Message", "text"}


@dataclass(frozen=True)
class Spoken:
    """A call that names a code: which codes it may have and what it passes, None where that is computed."""

    where: str
    speaker: str
    pattern: re.Pattern[str]
    params: frozenset[str] | None


def catalogue() -> dict[str, str]:
    tables = tomllib.loads((ROOT / "resources/words/en.toml").read_text("utf-8"))
    return {f"{table}.{key}": sentence for table, entries in tables.items() for key, sentence in entries.items()}


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def fragment(part: ast.expr) -> str:
    match part:
        case ast.Constant(value=value):
            return re.escape(str(value))
        case ast.FormattedValue(
            value=ast.IfExp(body=ast.Constant(value=str(one)), orelse=ast.Constant(value=str(other)))
        ):
            return f"({re.escape(one)}|{re.escape(other)})"
    return ANYTHING


def patterns(node: ast.expr) -> list[re.Pattern[str]]:
    """What a literal, an f-string or a choice between them can be; nothing for what is computed elsewhere."""
    match node:
        case ast.Constant(value=str(code)):
            return [re.compile(re.escape(code))]
        case ast.JoinedStr(values=parts):
            return [re.compile("".join(map(fragment, parts)))]
        case ast.IfExp(body=one, orelse=other):
            return patterns(one) + patterns(other)
    return []


def tells_apart(pattern: re.Pattern[str]) -> bool:
    """Whether a pattern names more of a code than its table."""
    table, _, key = pattern.pattern.partition(r"\.")
    return table.isidentifier() and any(letter.isalpha() for letter in key.replace(ANYTHING, ""))


def params(call: ast.Call, speaker: str) -> frozenset[str] | None:
    if speaker != "Message":
        names = [keyword.arg for keyword in call.keywords]
        return None if None in names else frozenset(name for name in names if name)
    given = [*call.args[1:], *(keyword.value for keyword in call.keywords if keyword.arg == "params")]
    match given:
        case []:
            return frozenset()
        case [ast.Dict(keys=keys)] if all(isinstance(key, ast.Constant) for key in keys):
            return frozenset(str(key.value) for key in keys if isinstance(key, ast.Constant))
    return None


def spoken(path: Path, tree: ast.AST) -> Iterator[Spoken]:
    nodes = list(ast.walk(tree))
    imports = [n for n in nodes if isinstance(n, ast.ImportFrom) and (n.module or "").startswith("fieldstation.")]
    speakers = SPEAKERS & {name.name for statement in imports for name in statement.names}
    for node in nodes:
        match node:
            case ast.Call(func=ast.Name(id=speaker), args=[code, *_]) if speaker in speakers:
                where = f"{path.relative_to(ROOT)}:{node.lineno}"
                yield from (Spoken(where, speaker, pattern, params(node, speaker)) for pattern in patterns(code))


@pytest.fixture(scope="module")
def sources() -> dict[Path, ast.AST]:
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "fieldstation").rglob("*.py"))}


def test_every_code_has_its_sentence(sources: dict[Path, ast.AST]) -> None:
    codes = catalogue()
    calls = [call for path, tree in sources.items() for call in spoken(path, tree)]
    assert calls
    wordless = [f"{c.where}: {c.pattern.pattern}" for c in calls if not any(map(c.pattern.fullmatch, codes))]
    assert not wordless


def test_every_sentence_gets_its_parameters(sources: dict[Path, ast.AST]) -> None:
    codes = catalogue()
    lacking = []
    for call in (call for path, tree in sources.items() for call in spoken(path, tree)):
        needed = [placeholders(sentence) for code, sentence in codes.items() if call.pattern.fullmatch(code)]
        if call.params is not None and needed and not any(names <= call.params for names in needed):
            lacking.append(f"{call.where}: {call.pattern.pattern} needs {' or '.join(map(str, needed))}")
    assert not lacking


def test_no_sentence_is_left_over(sources: dict[Path, ast.AST]) -> None:
    nodes = [node for tree in sources.values() for node in ast.walk(tree)]
    literals = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    # The key alone counts as well: codes are also made of a table and the value of an enum or the kind of an event.
    literals |= {re.sub(r"[.-]", "_", literal) for literal in literals}
    composed = [p for node in nodes if isinstance(node, ast.JoinedStr) for p in patterns(node) if tells_apart(p)]
    left_over = [
        code
        for code in catalogue()
        if not {code, code.partition(".")[2]} & literals and not any(pattern.fullmatch(code) for pattern in composed)
    ]
    assert not left_over


def test_an_error_says_a_whole_sentence(sources: dict[Path, ast.AST]) -> None:
    calls = [call for path, tree in sources.items() for call in spoken(path, tree) if call.speaker in ERRORS]
    said = {code: text for code, text in catalogue().items() if any(call.pattern.fullmatch(code) for call in calls)}
    assert said
    assert {code: text for code, text in said.items() if not text.endswith((".", "?"))} == {}
