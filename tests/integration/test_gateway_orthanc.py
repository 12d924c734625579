"""Orthanc behind the gateway, by each of its doors; the receipt names the proof that was really had."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from fieldstation.bootstrap.station import SystemClock
from fieldstation.dicom.encode import decode
from fieldstation.domain.jobs import JobState
from fieldstation.upload.pace import Pace
from tests.support.gateways import gateway
from tests.support.orthanc import PLUGIN, Orthanc, orthanc
from tests.support.parcels import frozen
from tests.support.peers import free_port, require_file, wait_until
from tests.support.running import running
from tests.support.sending import sending_store, states

PACE = Pace(poll_s=0.02, backoff_first_s=0.02, backoff_most_s=0.2, reach_s=0.05, pending_first_s=0.05)
COUNT = 2

WAYS: dict[str, tuple[Callable[[Orthanc], str], str]] = {
    "C-STORE, C-FIND": (lambda pacs: f"{pacs.ae_title}@{pacs.host}:{pacs.port}", "query"),
    "C-STORE, commitment": (lambda pacs: f"{pacs.ae_title}@{pacs.host}:{pacs.port}", "commitment"),
    "STOW-RS, QIDO-RS": (lambda pacs: pacs.web_url, "query"),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_the_vehicle_sent_is_at_orthanc_and_the_receipt_says_how_that_is_known(tmp_path: Path, way: str) -> None:
    require_file("orthanc-dicomweb", PLUGIN)
    address, proof = WAYS[way]
    calls_at = free_port()
    reports = ("--dicom-port", str(calls_at)) if proof == "commitment" else ()
    with ExitStack() as stack:
        pacs = stack.enter_context(orthanc(tmp_path / "orthanc", ("FIELDSTATION_GW",), calls_at, Plugins=[str(PLUGIN)]))
        options = ("--pacs", address(pacs), "--proof", proof, *reports)
        office = stack.enter_context(gateway(tmp_path, *options))
        store = stack.enter_context(sending_store(tmp_path / "van", COUNT, clock=SystemClock()))
        assert office.destination().echo().trouble is None
        with running(store, office.destination(), pace=PACE):
            wait_until(lambda: set(states(store)) == {JobState.PROVED}, "every image to be proved", 60.0)
        kept = pacs.instances()
        assert len(kept) == COUNT
        for number in range(1, COUNT + 1):
            instance, content = frozen(number)
            assert (decode(pacs.file(instance.sop_instance_uid)) == decode(content)).all()
            receipt = office.receipt(instance.sop_instance_uid)
            assert (receipt["state"], receipt["proof"]["kind"]) == ("proved", proof)
            assert receipt["sha256"] == instance.sha256
        wait_until(lambda: not office.spooled(), "the gateway to let go of what is proved")
