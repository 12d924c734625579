"""What the fault runs share: the archives, the bound on their time, and the table at the end.

``SEED`` varies what is left to chance, ``MINUTES`` is when no further trial is begun (`make faults` hands both on).
"""

import os
import time
from collections.abc import Iterator

import pytest

from tests.support.sites import KINDS, Site, site
from tests.support.trials import HEAD, TABLE

SEED = int(os.environ.get("SEED") or 1)
MINUTES = float(os.environ.get("MINUTES") or 25)
_BEGAN = time.monotonic()


@pytest.fixture
def seed() -> int:
    return SEED


@pytest.fixture(autouse=True)
def in_time() -> None:
    if time.monotonic() - _BEGAN > MINUTES * 60:
        pytest.skip(f"the {MINUTES:g} minutes are over: MINUTES= gives it more")


@pytest.fixture(scope="module", params=KINDS)
def archive_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(request.param, tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not TABLE:
        return
    terminalreporter.section(f"FAULTS, seed {SEED}")
    lines = [HEAD] + [
        (
            *(row.kind, row.fault, f"{row.accepted}", f"{row.at_pacs}", f"{row.doubled}", f"{row.missing}"),
            *(f"{row.equal}", f"{row.orphans}", f"{row.wrong_states}"),
            "-" if row.resent is None else f"{row.resent:,}",
        )
        for row in TABLE
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    for line in lines:
        cells = [
            cell.ljust(width) if nth < 2 else cell.rjust(width)
            for nth, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        terminalreporter.line("  ".join(cells))
    broken = sum(not row.holds for row in TABLE)
    totals = f"{len(TABLE)} trials, {sum(row.accepted for row in TABLE)} images accepted, "
    totals += f"{sum(row.at_pacs for row in TABLE)} at the PACS; the promise was broken in {broken}"
    terminalreporter.line(totals, red=bool(broken), green=not broken)
