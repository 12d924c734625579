"""The simulated reader as a process of its own, behind a whole station."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from fieldstation.domain.errors import Failed
from fieldstation.domain.exams import ScanState
from tests.support.commands import QuickShell
from tests.support.shell import Shell
from tests.support.stations import SETTINGS, begin, cassette, read, station_in

SIMULATED = "[reader.simulated]\nseconds_per_plate = 0.0"


@contextmanager
def simulator(folder: Path, *options: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """One that listens, and its port."""
    with Shell(folder).start("simulator", "serve", "--port", "0", "--json", *options) as process:
        try:
            assert process.stdout
            lines = [process.stdout.readline() for _ in range(4)]
            yield process, json.loads("".join(lines))["port"]
        finally:
            process.kill()


def settings(port: int) -> str:
    bridge = f'[reader]\ndriver = "bridge"\n\n[reader.bridge]\nport = {port}\ntries = 2\nroom = "simulated"'
    return SETTINGS.replace(SIMULATED, bridge)


def test_a_plate_comes_over_a_link_that_goes_wrong(tmp_path: Path) -> None:
    faults = ("--repeat-at", "3", "--lose-at", "10", "--corrupt-at", "50", "--cut-at", "80")
    with simulator(tmp_path / "device", *faults) as (_, port), station_in(tmp_path, settings(port)) as station:
        study = begin(station, "hand-pa:R")
        image = read(station, study)
        with station.store.reading() as questions:
            file = questions.study_file(study)
        (scan,) = file.scans
        assert (scan.state, scan.lines, scan.reader.simulated) == (ScanState.DURABLE, 96, True)
        assert [one.uid for one in file.images] == [image]


def test_a_simulator_that_is_killed_mid_read_leaves_what_came(tmp_path: Path) -> None:
    with simulator(tmp_path / "device") as (process, port), station_in(tmp_path, settings(port)) as station:
        study = begin(station, "hand-pa:R")
        with pytest.raises(Failed) as caught:
            station.capture.read(replace(cassette(station, study), picture=None), lambda _: process.kill())
        assert caught.value.code == "reader.link_lost"
        with station.store.reading() as questions:
            (scan,) = questions.study_file(study).scans
            plate = questions.cassette("C-1")
        assert scan.state is ScanState.PARTIAL
        assert 0 < scan.lines < scan.geometry.rows
        assert len(station.store.files.get_partial(scan.file_id)) == scan.lines * scan.geometry.line_bytes
        assert plate is not None
        assert plate.last_erased_at is None


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_told_to(tmp_path: Path, number: int) -> None:
    with simulator(tmp_path) as (process, _):
        process.send_signal(number)
        assert process.wait(30) == 0


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with simulator(tmp_path) as (_, port):
        done = Shell(tmp_path).run("simulator", "serve", "--port", str(port))
        assert done.returncode == 1
        assert done.stderr.startswith(f"The simulator cannot listen on 127.0.0.1:{port}")


def test_reader_test_over_the_link(tmp_path: Path) -> None:
    with simulator(tmp_path / "device") as (_, port):
        shell = QuickShell(tmp_path)
        shell.settings.write_text(settings(port), "utf-8")
        assert "Simulated CR reader answers and is ready." in shell.ok("reader", "test")
    done = shell.run("reader", "test")
    assert done.returncode == 1
    assert done.stderr.startswith(f"The reader does not answer at 127.0.0.1:{port}")
