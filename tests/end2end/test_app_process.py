"""The app as a process: it starts the sender, and closing it leaves the sender at work."""

import os
import signal
from pathlib import Path

from tests.support.commands import QuickShell
from tests.support.peers import wait_until


def test_closing_the_app_does_not_stop_the_sender(tmp_path: Path) -> None:
    shell = QuickShell(tmp_path)
    app = shell.start()
    try:
        wait_until(lambda: shell.json("sender", "status")["running"] is True, "the app to start the sender")
    finally:
        app.send_signal(signal.SIGTERM)
        _, said = app.communicate(timeout=60)
    assert (app.returncode, said) == (0, "")
    status = shell.json("sender", "status")
    assert status["running"] is True
    os.kill(status["pid"], signal.SIGTERM)
    wait_until(lambda: shell.json("sender", "status")["running"] is False, "the sender to end")


def test_a_second_app_raises_the_first_and_ends(tmp_path: Path) -> None:
    shell = QuickShell(tmp_path)
    first = shell.start()
    try:
        wait_until(lambda: shell.json("sender", "status")["running"] is True, "the app to start the sender")
        second = shell.start()
        _, said = second.communicate(timeout=60)
        assert (second.returncode, said) == (0, "")
        assert first.poll() is None
    finally:
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=60)
        os.kill(shell.json("sender", "status")["pid"], signal.SIGTERM)
    wait_until(lambda: shell.json("sender", "status")["running"] is False, "the sender to end")


def test_the_demo_in_a_window_leaves_nothing_behind(tmp_path: Path) -> None:
    shell = QuickShell(tmp_path)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    demo = shell.start("demo", TMPDIR=str(temporary))
    wait_until(lambda: len(list(temporary.glob("*/data/locks/sender.json"))) == 1, "the demo's sender to run", 60)
    demo.send_signal(signal.SIGTERM)
    _, said = demo.communicate(timeout=60)
    assert (demo.returncode, said) == (0, "")
    assert list(temporary.iterdir()) == []
