"""A PACS of another make that takes plain images only and cannot be asked: sent, unconfirmed, the pixels the same."""

from pathlib import Path

import pytest
from pydicom import dcmread

from fieldstation.dicom.encode import decode
from tests.support.commands import QuickShell
from tests.support.storescp import IMPLICIT_ONLY, PLAIN_ONLY, storescp


@pytest.mark.parametrize("options", [PLAIN_ONLY, IMPLICIT_ONLY])
def test_a_pacs_that_takes_only_plain_images_gets_plain_ones(tmp_path: Path, options: tuple[str, ...]) -> None:
    shell = QuickShell(tmp_path / "van")
    with storescp(tmp_path / "pacs", options) as pacs:
        shell.send_to(pacs.port, pacs.ae_title)
        shell.settings.write_text(shell.settings.read_text("utf-8") + 'proof = "none"\n', "utf-8")
        study = shell.new_study("hand-pa:R")
        image = shell.accepted(study, "hand-pa:R", "C-1")
        shell.ok("study", "send", study)
        shell.ok("sender", "drain", "--timeout", "60")
        (job,) = shell.json("queue", "list")
        assert (job["state"], job["proof"]) == ("sent", "none")
        shell.ok("study", "export", study, str(tmp_path / "export"))
        exported = decode((tmp_path / "export" / f"{image}.dcm").read_bytes())
        assert (dcmread(pacs.files()[image]).pixel_array == exported).all()
