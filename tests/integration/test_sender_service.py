"""What starts the sender with the machine: files that the system takes, with a command line that runs."""

import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from fieldstation.bootstrap.service import Starter, sender_command, service_file
from fieldstation.bootstrap.station import Places
from tests.support.commands import QuickShell
from tests.support.peers import wait_until

TASK = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Paths that want quoting."""
    data = tmp_path / "data of 100 %"
    data.mkdir()
    return Places(data=data, settings=tmp_path / 'a "b" & $HOME.toml')


def unit_value(unit: str, key: str) -> str:
    (value,) = [line.partition("=")[2] for line in unit.splitlines() if line.startswith(f"{key}=")]
    return value


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing")
def test_systemd_finds_nothing_wrong_with_the_unit(places: Places, tmp_path: Path) -> None:
    unit = tmp_path / "fieldstation-sender.service"
    unit.write_text(service_file(Starter.SYSTEMD, places), "utf-8")
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    said = [line for line in verified.stderr.splitlines() if "fieldstation-sender" in line]
    assert said == []


def test_the_units_command_line_is_the_senders(places: Places) -> None:
    unit = service_file(Starter.SYSTEMD, places)
    words = shlex.split(unit_value(unit, "ExecStart"))
    assert [word.replace("%%", "%").replace("$$", "$") for word in words] == sender_command(places)
    assert unit_value(unit, "ReadWritePaths") == f'"{places.data}"'.replace("%", "%%")
    assert int(unit_value(unit, "TimeoutStopSec")) > 30


def test_the_task_is_one_that_the_scheduler_takes(places: Places) -> None:
    task = ET.fromstring(service_file(Starter.WINDOWS, places).partition("\n")[2])
    assert task.get("version") == "1.2"
    assert task.find("t:Triggers/t:BootTrigger/t:Enabled", TASK) is not None
    found = {
        name: task.findtext(f".//t:{name}", namespaces=TASK)
        for name in (
            "LogonType",
            "MultipleInstancesPolicy",
            "DisallowStartIfOnBatteries",
            "StopIfGoingOnBatteries",
            "ExecutionTimeLimit",
            "Command",
        )
    }
    assert found == {
        "LogonType": "S4U",
        "MultipleInstancesPolicy": "IgnoreNew",
        "DisallowStartIfOnBatteries": "false",
        "StopIfGoingOnBatteries": "false",
        "ExecutionTimeLimit": "PT0S",
        "Command": sys.executable,
    }
    restarts = task.findtext(".//t:RestartOnFailure/t:Count", namespaces=TASK)
    assert restarts is not None
    assert 1 <= int(restarts) <= 255
    arguments = task.findtext(".//t:Arguments", namespaces=TASK)
    assert arguments == subprocess.list2cmdline(sender_command(places)[1:])
    (context,) = [actions.get("Context") for actions in task.findall("t:Actions", TASK)]
    assert [principal.get("id") for principal in task.findall(".//t:Principal", TASK)] == [context]


def test_the_command_line_runs_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    shell = QuickShell(tmp_path)
    shell.json("queue", "list")
    written = tmp_path / "fieldstation-sender.service"
    shell.ok("sender", "service", "systemd", str(written))
    command = shlex.split(unit_value(written.read_text("utf-8"), "ExecStart"))
    with subprocess.Popen(command, stderr=subprocess.PIPE) as sender:
        try:
            wait_until(lambda: shell.json("sender", "status")["running"] is True, "the sender runs")
            assert shell.json("sender", "status")["pid"] == sender.pid
            second = subprocess.run(command, capture_output=True, text=True, check=False)
            assert second.returncode == 1
            assert str(sender.pid) in second.stderr
        finally:
            sender.terminate()
        assert sender.wait(30) == 0


def test_the_task_is_written_as_the_scheduler_reads_it(tmp_path: Path) -> None:
    shell = QuickShell(tmp_path)
    written = tmp_path / "fieldstation-sender.xml"
    shell.ok("sender", "service", "windows", str(written))
    assert ET.fromstring(written.read_bytes()).tag.endswith("Task")
    rules = tmp_path / "fieldstation.rules"
    shell.ok("sender", "service", "polkit", str(rules))
    assert "{{" not in rules.read_text("utf-8")
    assert "cannot be written" in shell.fails(1, "sender", "service", "polkit", str(tmp_path / "no" / "where"))
