"""An export killed at every step leaves whole files, no medium that only looks like one, and can be done again."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.children import Child
from tests.support.export_child import fill, fill_until_step, put_until_step

TOP = ["DICOM", "DICOMDIR", "IHE_PDI", "INDEX.HTM", "README.TXT"]


def killed_at(deed: Callable[..., None], place: Path, step: int) -> list[object]:
    child = Child(deed, place, step)
    told = child.end()
    assert child.exit_code == (-signal.SIGKILL if step else 0)
    return told


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("stride", [4, pytest.param(1, marks=pytest.mark.faults)])
def test_a_medium_that_is_killed_at_any_step_is_none_yet_or_whole(tmp_path: Path, stride: int) -> None:
    (tmp_path / "whole").mkdir()
    *_, steps = killed_at(fill_until_step, tmp_path / "whole", 0)
    assert isinstance(steps, int)
    assert steps > 15
    whole = content(tmp_path / "whole")
    assert sorted(path.name for path in (tmp_path / "whole").iterdir()) == TOP
    for step in range(1, steps + 1, stride):
        stick = tmp_path / str(step)
        stick.mkdir()
        (stick / "holiday.jpg").write_bytes(b"mine")
        told = killed_at(fill_until_step, stick, step)
        left = {name: data for name, data in content(stick).items() if not name.startswith(".")}
        assert all(whole[name] == data for name, data in left.items() if name != "holiday.jpg")
        if "DICOMDIR" in left or told:
            assert left == whole | {"holiday.jpg": b"mine"}
        if any((stick / ".fieldstation-export").rglob("*")) or "DICOMDIR" not in left:
            fill(stick, b"new")
        assert content(stick) == whole | {"holiday.jpg": b"mine"}


@pytest.mark.parametrize("stride", [3, pytest.param(1, marks=pytest.mark.faults)])
def test_another_patient_is_not_mixed_with_what_was_cut_off(tmp_path: Path, stride: int) -> None:
    (tmp_path / "whole").mkdir()
    *_, steps = killed_at(fill_until_step, tmp_path / "whole", 0)
    assert isinstance(steps, int)
    for step in range(steps - 8, steps - 1, stride):
        stick = tmp_path / str(step)
        stick.mkdir()
        killed_at(fill_until_step, stick, step)
        if not (stick / ".fieldstation-export").exists():
            continue
        fill(stick, b"old")
        assert not any(b"new" in data for data in content(stick).values())
        assert sorted(path.name for path in stick.iterdir()) == TOP


def test_a_file_that_is_killed_at_any_step_is_whole_or_not_there_and_the_old_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "image.dcm"
    *_, steps = killed_at(put_until_step, path, 0)
    assert isinstance(steps, int)
    for step in range(1, steps + 1):
        path.write_bytes(b"old")
        path.with_name("image-2.dcm").unlink(missing_ok=True)
        told = killed_at(put_until_step, path, step)
        left = {name: data for name, data in content(tmp_path).items() if not name.startswith(".")}
        whole = {"image.dcm": b"old", "image-2.dcm": b"new" * 1000}
        assert left in ((whole,) if told else (whole, {"image.dcm": b"old"}))
