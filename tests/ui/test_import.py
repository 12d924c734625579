"""What is loaded when: nobody waits for a library that is not needed yet."""

import subprocess
import sys

HEAVY = ("pydicom", "pynetdicom", "sqlalchemy", "cryptography", "httpx")


def loaded(modules: str, names: tuple[str, ...]) -> list[str]:
    code = f"import sys, {modules}; print(*[m for m in {names} if m in sys.modules])"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_the_screens_pull_in_neither_dicom_nor_database_nor_network() -> None:
    assert loaded("fieldstation.ui.app, fieldstation.ui.pictures", HEAVY) == []


def test_the_program_begins_without_what_decodes_pictures_and_what_reaches_a_pacs() -> None:
    assert loaded("fieldstation.main", ("pydicom", "pynetdicom", "httpx", "cv2", "PySide6")) == []
