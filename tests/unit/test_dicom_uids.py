"""UIDs: under the UUID root and under a site's own."""

import uuid
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import UID

from fieldstation.dicom.uids import (
    IMPLEMENTATION_CLASS_UID,
    IMPLEMENTATION_VERSION_NAME,
    UUID_ROOT,
    RandomIds,
    is_valid_uid,
)
from fieldstation.domain.errors import WrongUse


def test_a_uid_is_the_uuid_as_a_decimal_integer() -> None:
    fixed = uuid.UUID(int=2**128 - 1)
    assert RandomIds(make_uuid=lambda: fixed).uid() == f"2.25.{2**128 - 1}"


@given(st.uuids())
def test_every_uid_is_valid_and_short_enough(value: uuid.UUID) -> None:
    for root in (None, "1.2.826.0.1.3680043.10.99999", "1." + "9" * 38):
        uid = RandomIds(root, lambda: value).uid()
        assert is_valid_uid(uid)
        assert UID(uid).is_valid
        assert uid.startswith(f"{root or UUID_ROOT}.")


def test_random_ids_differ() -> None:
    numbers = count(1)
    ids = RandomIds("1.2.3", lambda: uuid.UUID(int=next(numbers)))
    assert [ids.uid(), ids.uid()] == ["1.2.3.1", "1.2.3.2"]
    assert ids.uuid() == uuid.UUID(int=3)
    assert RandomIds().uid() != RandomIds().uid()
    assert RandomIds().uuid().version == 4


@pytest.mark.parametrize("root", ["", "1.2.", "1.02", "abc", "1.2\n", "1", "1." + "9" * 39])
def test_a_bad_root_is_refused(root: str) -> None:
    with pytest.raises(WrongUse, match=r"settings\.uid_root"):
        RandomIds(root)


@pytest.mark.parametrize("text", ["1.2.3", "2.25.0", "0.1"])
def test_valid(text: str) -> None:
    assert is_valid_uid(text)


@pytest.mark.parametrize("text", ["", "1", ".1", "1..2", "1.00", "1.2.x", "1." + "1" * 63, "1.٣"])
def test_invalid(text: str) -> None:
    assert not is_valid_uid(text)


def test_our_own_names_are_valid() -> None:
    assert is_valid_uid(IMPLEMENTATION_CLASS_UID)
    assert uuid.UUID(int=int(IMPLEMENTATION_CLASS_UID.removeprefix("2.25."))).version == 4
    assert len(IMPLEMENTATION_VERSION_NAME) <= 16
