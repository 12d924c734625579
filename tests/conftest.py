"""What every test run shares: windows without a display, and an end that says loudly which peers were missing."""

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# A process that tests start has to flush what others wait for by itself, as on any machine.
os.environ.pop("PYTHONUNBUFFERED", None)
# Nor does each of them compile the whole program again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The same examples every time, as many milliseconds as the machine takes: a red run can be run again.
settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.load_profile("steady")


def _missing_peers(reports: Iterator[pytest.TestReport]) -> Counter[str]:
    """How many tests each missing peer kept from running, by the reason they gave, in this process or in a worker."""
    missing: Counter[str] = Counter()
    for report in reports:
        _, _, peer = report.longreprtext.rpartition("missing peer: ")
        if peer != report.longreprtext:
            missing[peer.split()[0].strip("'\").,;")] += 1
    return missing


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    yield
    outcomes = ("skipped", "failed", "error")
    missing = _missing_peers(report for outcome in outcomes for report in terminalreporter.getreports(outcome))
    if not missing:
        return
    terminalreporter.section("MISSING PEERS", sep="!", red=True, bold=True)
    for peer, tests in sorted(missing.items()):
        terminalreporter.line(f"{peer} is not here: {tests} tests did not run", red=True)
    terminalreporter.line("`make test` installs the peers where it may, or prints the command that does.", red=True)
