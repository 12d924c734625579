"""The lock pins all that is needed, by hash, says nothing of the machine it was made on, and its licences can ship."""

import re
import tomllib
from importlib.metadata import metadata, requires
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = [ROOT / "requirements" / name for name in ("run.txt", "dev.txt")]

MAY_SHIP = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0",
    "PSF-2.0", "Zlib",
    # Imported as it comes and replaceable by the user: LGPL section 4 is kept, see docs/decisions/0003.
    "LGPL-3.0-only",
}  # fmt: skip
SPDX_NAMES = {
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
WITHOUT_METADATA = {"segno": "BSD-3-Clause", "sqlcipher3": "Zlib"}
"""Packages whose metadata name no licence: the one that their licence file holds."""


def pins(lock: Path) -> dict[str, Requirement]:
    lines = re.findall(r"^[a-z0-9][^\\\n]*", lock.read_text("utf-8"), re.MULTILINE)
    return {requirement.name: requirement for requirement in map(Requirement, lines)}


def version(requirement: Requirement) -> str:
    return next(iter(requirement.specifier)).version


def wanted(group: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = project["dependency-groups"]
    names = list(project["project"]["dependencies"])
    for entry in groups.get(group, []):
        names += groups[entry["include-group"]] if isinstance(entry, dict) else [entry]
    return [Requirement(name) for name in names]


def licence(name: str) -> str:
    """The licence of an installed package as an SPDX expression."""
    about = metadata(name)
    classifiers = [c.rpartition(" :: ")[2] for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    named = [SPDX_NAMES[c] for c in classifiers if c in SPDX_NAMES]
    return about["License-Expression"] or " AND ".join(named) or about["License"] or WITHOUT_METADATA.get(name, "")


def may_ship(expression: str) -> bool:
    """Whether an SPDX expression without parentheses leaves a choice that may ship."""
    return any(set(choice.split(" AND ")) <= MAY_SHIP for choice in expression.split(" OR "))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_lock_holds_pins_and_hashes_only(lock: Path) -> None:
    lines = [line.strip(" \\") for line in lock.read_text("utf-8").splitlines() if not line.startswith("#")]
    strange = [line for line in lines if not re.fullmatch(r"--hash=sha256:[0-9a-f]{64}|[a-z0-9.-]+==\S+( ; .+)?", line)]
    assert not strange
    assert all(following.startswith("--hash") for line, following in pairwise(lines) if "==" in line)


@pytest.mark.parametrize(("lock", "group"), [(LOCKS[0], "none"), (LOCKS[1], "dev")], ids=["run", "dev"])
def test_lock_answers_pyproject(lock: Path, group: str) -> None:
    pinned = {name: version(requirement) for name, requirement in pins(lock).items()}
    unanswered = [
        str(w) for w in wanted(group) if w.specifier and not w.specifier.contains(pinned.get(w.name.lower(), "0"))
    ]
    assert not unanswered
    assert {w.name.lower() for w in wanted(group)} <= pinned.keys()


def test_both_locks_pin_the_same() -> None:
    run, dev = map(pins, LOCKS)
    assert {name: version(r) for name, r in run.items()} == {name: version(r) for name, r in dev.items() if name in run}


def imported(roots: list[Requirement]) -> set[str]:
    """The installed packages that these ones need, themselves included."""
    found: set[str] = set()
    left = [root.name for root in roots]
    while left:
        name = left.pop()
        if canonicalize_name(name) not in found:
            found.add(canonicalize_name(name))
            needs = map(Requirement, requires(name) or [])
            left += [need.name for need in needs if not need.marker or need.marker.evaluate({"extra": ""})]
    return found


def test_nothing_under_gpl_is_imported_at_run_time() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [Requirement(name) for names in project["optional-dependencies"].values() for name in names]
    licences = {name: licence(name) for name in imported([*wanted("none"), *extras])}
    assert len(licences) > 20
    assert {name: found for name, found in licences.items() if not may_ship(found)} == {}


@pytest.mark.parametrize(
    "expression", ["", "GPL-3.0-only", "MIT AND GPL-2.0-only", "AGPL-3.0-only OR GPL-3.0-only", "UNKNOWN"]
)
def test_what_may_not_ship(expression: str) -> None:
    assert not may_ship(expression)
