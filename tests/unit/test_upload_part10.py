"""The data set of a file, byte by byte."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from fieldstation.domain.errors import Refused
from fieldstation.upload.part10 import encoded_dataset


def a_file(name: str) -> bytes:
    dataset = Dataset()
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    dataset.SOPInstanceUID = "2.25.1"
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = name
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    content = BytesIO()
    dcmwrite(content, dataset, enforce_file_format=True)
    return content.getvalue()


def test_it_begins_after_the_meta_information() -> None:
    content = a_file("TESTCASE^ONE")
    dataset = encoded_dataset(content)
    assert content.endswith(dataset)
    assert dataset[:4] == b"\x08\x00\x05\x00"
    assert dcmread(BytesIO(content)).PatientName == "TESTCASE^ONE"


@given(cut=st.integers(0, 143))
def test_a_file_without_meta_information_is_refused(cut: int) -> None:
    with pytest.raises(Refused, match=r"instance\.not_part10"):
        encoded_dataset(a_file("TESTCASE^TWO")[:cut])


@given(noise=st.binary(max_size=400))
def test_anything_else_is_refused(noise: bytes) -> None:
    with pytest.raises(Refused, match=r"instance\.not_part10"):
        encoded_dataset(b"\0" * 128 + b"DICX" + noise)
