"""Locks of a data folder: one holder, who it is, and freedom when it dies."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from fieldstation.domain.errors import Refused
from fieldstation.store.locks import FolderLock, holder
from tests.support.children import Child
from tests.support.store_children import hold_lock


def test_the_second_is_told_who_has_it(tmp_path: Path) -> None:
    child = Child(hold_lock, tmp_path, "sender", "the sender")
    assert child.hear() == "held"
    with pytest.raises(Refused) as raised, FolderLock(tmp_path, "sender", "another"):
        pass
    assert raised.value.code == "lock.held"
    assert raised.value.params["name"] == "sender"
    assert raised.value.params["pid"] == child.pid
    assert raised.value.params["process"] == "the sender"
    who = holder(tmp_path, "sender")
    assert who is not None
    assert (who.pid, who.process) == (child.pid, "the sender")
    assert who.since.utcoffset() == timedelta(0)
    child.kill()
    child.end()


def test_a_holder_that_is_killed_lets_go(tmp_path: Path) -> None:
    child = Child(hold_lock, tmp_path, "capture", "the app")
    assert child.hear() == "held"
    child.kill()
    child.end()
    assert holder(tmp_path, "capture") is None
    with FolderLock(tmp_path, "capture", "the next"):
        who = holder(tmp_path, "capture")
    assert who is not None
    assert who.pid == os.getpid()


def test_locks_are_apart_and_end_with_their_block(tmp_path: Path) -> None:
    assert holder(tmp_path, "reader") is None
    with FolderLock(tmp_path, "reader", "one"), FolderLock(tmp_path, "sender", "one"):
        assert holder(tmp_path, "capture") is None
        with pytest.raises(Refused, match=r"lock\.held"), FolderLock(tmp_path, "reader", "one"):
            pass
    assert holder(tmp_path, "reader") is None
    with FolderLock(tmp_path, "reader", "two"):
        assert holder(tmp_path, "reader") is not None
