"""Encrypted files: what goes in comes out, and whatever was done to one in between is noticed."""

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldstation.domain.errors import Failed
from fieldstation.store.file_format import RECORD_BYTES
from fieldstation.store.files import EncryptedFiles

MASTER = bytes(range(32))
HEADER_BYTES = 34
FRAME_BYTES = 5 + 16
BLOCKS = [b"first " * 10, b"second " * 10, b"third " * 10]


@pytest.fixture
def files(tmp_path: Path) -> EncryptedFiles:
    return EncryptedFiles(tmp_path, MASTER)


def grown(files: EncryptedFiles, blocks: list[bytes] = BLOCKS) -> str:
    growing = files.begin()
    for block in blocks:
        growing.append(block)
    return growing.finish().id


def code(deed: Callable[[], object]) -> str:
    with pytest.raises(Failed) as raised:
        deed()
    return raised.value.code


@pytest.mark.parametrize("size", [0, 1, RECORD_BYTES - 1, RECORD_BYTES, RECORD_BYTES + 1, 3 * RECORD_BYTES])
def test_a_whole_file_comes_back(files: EncryptedFiles, size: int) -> None:
    data = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    stored = files.put(data)
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(data).hexdigest())
    assert files.get(stored.id) == data
    assert files.get_partial(stored.id) == data
    assert str(UUID(stored.id)) == stored.id


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blocks=st.lists(st.binary(max_size=50), max_size=8))
def test_a_grown_file_is_its_blocks(files: EncryptedFiles, blocks: list[bytes]) -> None:
    growing = files.begin()
    for count, block in enumerate(blocks, start=1):
        growing.append(block)
        assert files.get_partial(growing.id) == b"".join(blocks[:count])
    stored = growing.finish()
    assert stored.sha256 == hashlib.sha256(b"".join(blocks)).hexdigest()
    assert files.get(stored.id) == b"".join(blocks)


def test_a_block_may_be_larger_than_a_record(files: EncryptedFiles) -> None:
    block = bytes(2 * RECORD_BYTES + 5)
    assert files.get(grown(files, [block, b"end"])) == block + b"end"


def test_an_unsealed_file_is_partial_and_can_be_sealed(files: EncryptedFiles) -> None:
    growing = files.begin()
    growing.append(BLOCKS[0])
    growing.close()
    growing.close()
    assert code(lambda: files.get(growing.id)) == "file.damaged"
    assert files.get_partial(growing.id) == BLOCKS[0]
    sealed = files.seal(growing.id)
    assert (sealed.size, sealed.sha256) == (len(BLOCKS[0]), hashlib.sha256(BLOCKS[0]).hexdigest())
    assert files.seal(growing.id) == sealed
    assert files.get(growing.id) == BLOCKS[0]


def test_sealing_takes_nothing_away(files: EncryptedFiles, tmp_path: Path) -> None:
    file_id = grown(files)
    path = files.path(file_id)
    whole = bytearray(path.read_bytes())
    whole[HEADER_BYTES + len(BLOCKS[0]) + FRAME_BYTES + 10] ^= 1
    path.write_bytes(whole)
    assert files.seal(file_id).size == len(BLOCKS[0])
    assert files.get(file_id) == BLOCKS[0]
    (kept,) = (tmp_path / "quarantine").iterdir()
    assert kept.name.startswith(file_id)
    assert kept.read_bytes() == whole


def test_nothing_follows_a_seal(files: EncryptedFiles) -> None:
    growing = files.begin()
    growing.finish()
    assert code(lambda: growing.append(b"x")) == "disk.failed"
    assert files.get(growing.id) == b""


def test_any_flipped_byte_is_noticed(files: EncryptedFiles) -> None:
    file_id = grown(files)
    path = files.path(file_id)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert code(lambda: files.get(file_id)) == "file.damaged"
        assert b"".join(BLOCKS).startswith(files.get_partial(file_id))


def test_any_cut_is_noticed_and_whole_blocks_stay(files: EncryptedFiles) -> None:
    file_id = grown(files)
    path = files.path(file_id)
    whole = path.read_bytes()
    ends = [HEADER_BYTES]
    for block in BLOCKS:
        ends.append(ends[-1] + len(block) + FRAME_BYTES)
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert code(lambda: files.get(file_id)) == "file.damaged"
        blocks = sum(1 for end in ends[1:] if end <= length)
        assert files.get_partial(file_id) == b"".join(BLOCKS[:blocks])
    path.write_bytes(whole[: HEADER_BYTES - 1])
    assert files.seal(file_id).size == 0
    assert files.get(file_id) == b""


def test_what_is_added_at_the_end_is_noticed(files: EncryptedFiles) -> None:
    file_id = grown(files)
    with files.path(file_id).open("ab") as file:
        file.write(b"x")
    assert code(lambda: files.get(file_id)) == "file.damaged"
    assert files.get_partial(file_id) == b"".join(BLOCKS)


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2), (0, 1, 1, 2), (1, 2)])
def test_moved_repeated_and_missing_blocks_are_noticed(files: EncryptedFiles, order: tuple[int, ...]) -> None:
    blocks = [b"1" * 50, b"2" * 50, b"3" * 50]
    file_id = grown(files, blocks)
    path = files.path(file_id)
    whole = path.read_bytes()
    size = 50 + FRAME_BYTES
    records = [whole[HEADER_BYTES + nth * size :][:size] for nth in range(3)]
    path.write_bytes(whole[:HEADER_BYTES] + b"".join(records[nth] for nth in order) + whole[HEADER_BYTES + 3 * size :])
    assert code(lambda: files.get(file_id)) == "file.damaged"


def test_swapped_and_spliced_files_are_noticed(files: EncryptedFiles) -> None:
    one, other = grown(files), grown(files)
    first, second = (files.path(file_id).read_bytes() for file_id in (one, other))
    files.path(one).write_bytes(second)
    assert code(lambda: files.get(one)) == "file.damaged"
    assert files.get_partial(one) == b""
    files.path(one).write_bytes(first[:HEADER_BYTES] + second[HEADER_BYTES:])
    assert code(lambda: files.get(one)) == "file.damaged"
    assert files.get(other) == b"".join(BLOCKS)


def test_another_key_opens_nothing(files: EncryptedFiles, tmp_path: Path) -> None:
    file_id = grown(files)
    assert code(lambda: EncryptedFiles(tmp_path, bytes(32)).get(file_id)) == "file.damaged"


def test_a_file_that_is_gone(files: EncryptedFiles) -> None:
    file_id = grown(files)
    files.path(file_id).unlink()
    asks: list[Callable[[str], object]] = [files.get, files.get_partial, files.seal, files.reclaim]
    for ask in asks:
        assert code(partial(ask, file_id)) == "file.missing"


def test_unknown_files_go_to_quarantine_and_can_come_back(files: EncryptedFiles, tmp_path: Path) -> None:
    known, unknown = grown(files), grown(files)
    files.path(unknown).with_name("left.part").write_bytes(b"half")
    assert sorted(files.quarantine([known])) == sorted([unknown, "left.part"])
    assert files.quarantine([known]) == []
    assert files.get(known) == b"".join(BLOCKS)
    assert code(lambda: files.get(unknown)) == "file.missing"
    assert (tmp_path / "quarantine" / "left.part").read_bytes() == b"half"
    files.reclaim(unknown)
    assert files.get(unknown) == b"".join(BLOCKS)


def test_only_the_owner_may_read(files: EncryptedFiles) -> None:
    path = files.path(grown(files))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
