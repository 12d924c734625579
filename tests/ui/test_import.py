"""The screens import no more than they show."""

import subprocess
import sys

HEAVY = ("pydicom", "pynetdicom", "sqlalchemy", "cryptography", "httpx")


def test_the_screens_pull_in_neither_dicom_nor_database_nor_network() -> None:
    code = f"import sys, fieldstation.ui.app, fieldstation.ui.pictures; print([m for m in {HEAVY} if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
