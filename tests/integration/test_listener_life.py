"""The process that listens for answers about commitment: when it begins to, and that it ends with its sender."""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Collection
from contextlib import ExitStack, suppress
from typing import Any

import psutil
import pytest

from fieldstation.upload.listener import CommitmentListener, ListenerSettings
from fieldstation.upload.listener_process import MOST_BYTES
from tests.support.children import Child
from tests.support.peers import free_port, wait_until


class Everything:
    """Knows every transaction."""

    def ask(self, transaction_uid: str, job_id: int) -> None:
        raise NotImplementedError

    def answer(self, _transaction_uid: str, _held: Collection[str]) -> bool:
        return True

    def take(self, _job_id: int) -> None:
        raise NotImplementedError


def listener(port: int) -> CommitmentListener:
    return CommitmentListener(
        ListenerSettings(host="127.0.0.1", port=port, ae_title="VAN7", peers=("127.0.0.1",)), Everything()
    )


def takes_connections(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 60):
        return True
    return False


def listen_until_killed(port: int, tell: Callable[[Any], None]) -> None:
    with listener(port) as heard:
        assert heard.wait(60)
        tell(heard.pid)
        threading.Event().wait()


def test_it_ends_with_a_sender_that_is_killed_and_leaves_the_port_to_the_next() -> None:
    port = free_port()
    sender = Child(listen_until_killed, port)
    process = psutil.Process(sender.hear())
    try:
        assert takes_connections(port)
        sender.kill()
        assert sender.dies()
        process.wait(60)
        assert not takes_connections(port)
    finally:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def test_where_its_address_is_not_there_yet_it_waits_for_it_and_is_not_begun_again(
    capfd: pytest.CaptureFixture[str],
) -> None:
    said = []

    def has_said_so() -> bool:
        said.append(capfd.readouterr().err)
        return "cannot listen" in "".join(said)

    with socket.create_server(("127.0.0.1", 0)) as taken, listener(taken.getsockname()[1]) as heard:
        wait_until(has_said_so, "the listener to say that the port is taken")
        assert not heard.wait(0.0)
        pid = heard.pid
        taken.close()
        assert heard.wait(60)
        assert heard.pid == pid
    assert "Traceback" not in "".join(said)


@pytest.mark.skipif(sys.platform == "win32", reason="its address space is limited where that can be done")
def test_connections_take_little_of_the_address_space_that_it_is_limited_to() -> None:
    with listener(0) as heard, ExitStack() as silent:
        assert heard.wait(60)
        process = psutil.Process(heard.pid)
        threads = process.num_threads()
        for _ in range(3):
            silent.enter_context(socket.create_connection(("127.0.0.1", heard.port), 60))
        # One for the association and one for its connection.
        wait_until(lambda: process.num_threads() == threads + 6, "them to be served")
        assert process.memory_info().vms < MOST_BYTES / 2


def test_one_that_ends_in_the_middle_of_a_line_or_cannot_be_begun_is_begun_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin: Any = subprocess.Popen
    half_a_report = [sys.executable, "-c", "input(); print(1); print('{\"transaction_uid', end='')"]
    begun: list[int] = []

    def fails_twice(command: list[str], **options: Any) -> Any:
        begun.append(len(begun))
        if len(begun) == 1:
            raise BlockingIOError("no more processes")
        return begin(half_a_report if len(begun) == 2 else command, **options)

    monkeypatch.setattr(subprocess, "Popen", fails_twice)
    port = free_port()
    with listener(port) as heard:
        wait_until(lambda: len(begun) == 3 and heard.wait(0.0), "the third to listen")
        assert heard.port == port
