"""The migrations form one chain: two of the same number, from two branches, merge without a conflict."""

import ast
from itertools import pairwise
from pathlib import Path
from typing import Any

from fieldstation.store import migrations
from fieldstation.store.schema import HEAD

FILES = sorted((Path(migrations.__file__).parent / "versions").glob("*.py"))


def told(file: Path) -> dict[str, Any]:
    """What it says of itself, without running it."""
    body = ast.parse(file.read_text("utf-8")).body
    return {
        target.id: ast.literal_eval(line.value)
        for line in body
        if isinstance(line, ast.Assign)
        for target in line.targets
        if isinstance(target, ast.Name) and target.id in ("revision", "down_revision")
    }


def test_each_follows_the_one_before_it() -> None:
    chain = [told(file) for file in FILES]
    assert [one["revision"] for one in chain] == [f"{number:04}" for number in range(1, len(FILES) + 1)]
    assert chain[0]["down_revision"] is None
    assert all(later["down_revision"] == earlier["revision"] for earlier, later in pairwise(chain))


def test_files_are_named_by_their_number_and_the_last_is_the_schema_s() -> None:
    assert [file.name[:4] for file in FILES] == [told(file)["revision"] for file in FILES]
    assert told(FILES[-1])["revision"] == HEAD
