"""Files are small, packages say what they are for, and nothing names the machine that it was written on."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ["fieldstation", "benchmarks", "tests", "tools"]
LINES_AT_MOST = 400
TEXT = {".cfg", ".json", ".md", ".py", ".qss", ".service", ".desktop", ".sh", ".svg", ".toml", ".txt", ".yaml", ".yml"}

HOME = re.compile(r"(?<![\w.~-])(/home/\w+|/Users/\w+|/root/|[A-Z]:\\+Users\\+\w+)")
INDEX = re.compile(
    r"(?<![\w-])--(extra-)?index-url|--find-links|--trusted-host|https?://[^/\s]*(pypi|pythonhosted|mirror)",
    re.IGNORECASE,
)


def committed() -> Iterator[Path]:
    """The text files of the project, without what tools leave behind and this file, which names what it looks for."""
    for folder, below, names in os.walk(ROOT):
        # Not entered at all: other tests' tools make and remove folders in there at any time.
        below[:] = [name for name in below if not name.startswith(".") or name == ".ci"]
        below[:] = [name for name in below if name not in {"__pycache__", "build", "dist"}]
        for path in (Path(folder, name) for name in names):
            if path != Path(__file__) and (path.suffix in TEXT or path.name in {"Makefile", "run", "LICENSE"}):
                yield path


@pytest.mark.parametrize(
    "forbidden", [HOME, INDEX, re.compile(re.escape(f"{ROOT}/"))], ids=["home", "index", "checkout"]
)
def test_nothing_names_the_machine_it_was_written_on(forbidden: re.Pattern[str]) -> None:
    files = list(committed())
    assert len(files) > 50
    named = {str(f.relative_to(ROOT)): m[0] for f in files if (m := forbidden.search(f.read_text("utf-8")))}
    assert not named


def test_files_stay_small() -> None:
    lines = {f: len(f.read_text("utf-8").splitlines()) for package in PACKAGES for f in (ROOT / package).rglob("*.py")}
    assert {str(f.relative_to(ROOT)): n for f, n in lines.items() if n > LINES_AT_MOST} == {}


def test_packages_say_what_lives_there() -> None:
    # Alembic reads the migrations by path; their folder is no package.
    folders = {path.parent for path in (ROOT / "fieldstation").rglob("*.py") if path.parent.name != "versions"}
    silent = [
        str(folder.relative_to(ROOT))
        for folder in sorted(folders)
        if not (start := folder / "__init__.py").exists() or not ast.get_docstring(ast.parse(start.read_text("utf-8")))
    ]
    assert not silent


def test_documents_link_to_what_is_there() -> None:
    documents = [file for file in committed() if file.suffix == ".md"]
    links = [(d, link) for d in documents for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", d.read_text("utf-8"))]
    assert links
    assert [f"{d.relative_to(ROOT)}: {link}" for d, link in links if not (d.parent / link).exists()] == []
