"""The gateway's wire: tus 1.0.0 as other clients and servers speak it, and what is refused."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from fieldstation.domain.destination import Disposition
from fieldstation.gateway.intake import Intake
from fieldstation.gateway.ledger import Ledger
from fieldstation.gateway.settings import Limits
from fieldstation.gateway.spool import Spool
from fieldstation.gateway.wire import Declared, WireFault
from fieldstation.upload.gateway import GatewayAddress, GatewayDestination
from tests.support.gateways import Gateway, gateway
from tests.support.pacs import demo_pacs
from tests.support.parcels import frozen, parcel_of
from tests.support.peers import free_port, listens, wait_until
from tests.support.stores import ToldClock
from tests.support.tus_wire import HEADERS, PIECE, append, begin, create, metadata

SERVER = """
const { Server } = require("@tus/server");
const { FileStore } = require("@tus/file-store");
const server = new Server({ path: "/files", datastore: new FileStore({ directory: process.argv[2] }) });
server.listen({ host: "127.0.0.1", port: Number(process.argv[3]) });
"""

CLIENT = """
import json, sys
from tusclient.client import TusClient
told = json.loads(sys.argv[1])
client = TusClient(told["url"])
first = client.uploader(told["image"], chunk_size=200_000, metadata=told["metadata"])
first.upload_chunk()
first.upload_chunk()
second = client.uploader(told["image"], chunk_size=500_000, url=first.url)
print(second.offset)
second.upload()
print(second.offset)
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway(tmp_path_factory.mktemp("office")) as running:
        yield running


def head(place: str) -> httpx.Response:
    return httpx.head(place, headers=HEADERS, trust_env=False)


def test_it_says_what_it_offers(office: Gateway) -> None:
    offer = httpx.options(f"{office.url}/files", trust_env=False)
    assert offer.status_code == 204
    assert offer.headers["Tus-Version"] == "1.0.0"
    assert "creation" in offer.headers["Tus-Extension"].split(",")
    assert "checksum" not in offer.headers["Tus-Extension"]
    assert int(offer.headers["Tus-Max-Size"]) > 100_000_000


def test_an_upload_in_two_parts(office: Gateway) -> None:
    instance, content = frozen(101)
    place = begin(office.url, instance)
    first = append(place, content[:1000])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "1000")
    assert "Upload-Expires" in first.headers
    told = head(place).headers
    assert (told["Upload-Offset"], told["Upload-Length"]) == ("1000", str(len(content)))
    assert told["Upload-Metadata"] == metadata(instance)
    assert told["Cache-Control"] == "no-store"
    assert append(place, content[:10]).status_code == 409
    assert append(place, content[1000:], 1000).headers["Upload-Offset"] == str(len(content))
    assert office.receipt(instance.sop_instance_uid)["sha256"] == instance.sha256


def test_a_creation_may_bring_the_bytes(office: Gateway) -> None:
    instance, content = frozen(102)
    headers = {**PIECE, "Upload-Length": str(len(content)), "Upload-Metadata": metadata(instance)}
    answer = httpx.post(f"{office.url}/files", headers=headers, content=content, trust_env=False)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(content)))


def test_the_same_instance_is_the_same_upload(office: Gateway) -> None:
    instance, content = frozen(103)
    place = begin(office.url, instance)
    append(place, content[:500])
    again = create(office.url, instance)
    assert place.endswith(again.headers["Location"])
    assert again.headers["Upload-Offset"] == "500"
    append(place, content[500:], 500)
    assert create(office.url, instance, sha256="0" * 64).status_code == 409


def test_an_unfinished_upload_can_be_ended_and_a_received_one_cannot(office: Gateway) -> None:
    instance, content = frozen(104)
    place = begin(office.url, instance)
    assert httpx.delete(place, headers=HEADERS, trust_env=False).status_code == 204
    assert head(place).status_code == 404
    append(begin(office.url, instance), content)
    place = begin(office.url, instance)
    assert httpx.delete(place, headers=HEADERS, trust_env=False).status_code == 403
    assert head(place).headers["Upload-Offset"] == str(len(content))


def test_a_proxy_that_knows_no_patch_can_be_passed(office: Gateway) -> None:
    instance, content = frozen(105)
    headers = {**PIECE, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    answer = httpx.post(begin(office.url, instance), headers=headers, content=content, trust_env=False)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(len(content)))


def test_wrong_bytes_are_dropped(office: Gateway) -> None:
    instance, content = frozen(106)
    place = begin(office.url, instance, sha256="0" * 64)
    assert append(place, content).status_code == 460
    assert head(place).status_code == 404


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        (201, {"sop_instance_uid": "2.25.1"}),
        (202, {"sop_class_uid": "2.25.2"}),
        (203, {"transfer_syntax_uid": "2.25.3"}),
    ],
)
def test_another_object_than_was_announced_is_never_passed_on(
    office: Gateway, number: int, changes: dict[str, str]
) -> None:
    instance, content = frozen(number)
    uid = changes.get("sop_instance_uid", instance.sop_instance_uid)
    assert append(begin(office.url, instance, **changes), content).status_code == 204
    for _ in range(2):
        receipt = office.receipt(uid)
        assert (receipt["state"], receipt["last"]["code"]) == ("refused", "gateway.not_as_declared")
        begin(office.url, instance, **changes)


def test_what_is_no_dicom_file_is_never_passed_on(office: Gateway) -> None:
    instance, _ = frozen(108)
    junk = b"#!/bin/sh\n" * 100
    place = begin_sized(office, instance, len(junk), sha256(junk).hexdigest())
    assert append(place, junk).status_code == 204
    assert office.receipt(instance.sop_instance_uid)["last"]["code"] == "gateway.not_dicom"


def begin_sized(office: Gateway, instance: Any, size: int, digest: str) -> str:
    answer = create(office.url, instance, size, sha256=digest)
    assert answer.status_code == 201
    return f"{office.url}/{answer.headers['Location']}"


@pytest.mark.parametrize("uid", ["", "../../etc/passwd", "1." + "2" * 64, "1.02.3", "1..2", "1.2\n", "abc"])
def test_a_uid_that_is_none_is_refused(office: Gateway, uid: str) -> None:
    before = office.spooled()
    for key in ("sop_instance_uid", "sop_class_uid", "transfer_syntax_uid"):
        assert create(office.url, frozen(109)[0], None, **{key: uid}).status_code == 400
    assert office.spooled() == before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Length": "0"}, 400),
        ({"Upload-Length": "1e3"}, 400),
        ({"Upload-Length": str(10**15 - 1)}, 413),
        ({"Upload-Metadata": "sha256 not-base64!"}, 400),
        ({"Upload-Metadata": "a" * 5000}, 400),
        ({"Upload-Metadata": ""}, 400),
        ({"Tus-Resumable": "0.2.2"}, 412),
    ],
)
def test_a_malformed_creation_is_refused(office: Gateway, headers: dict[str, str], status: int) -> None:
    good = {**HEADERS, "Upload-Length": "10", "Upload-Metadata": metadata(frozen(109)[0])}
    answer = httpx.post(f"{office.url}/files", headers=good | headers, trust_env=False)
    assert answer.status_code == status
    assert answer.headers["Tus-Resumable"] == "1.0.0"


def test_a_deflated_object_is_not_taken(office: Gateway) -> None:
    assert create(office.url, frozen(109)[0], transfer_syntax_uid="1.2.840.10008.1.2.1.99").status_code == 415


def test_more_than_was_announced_is_refused(office: Gateway) -> None:
    instance, content = frozen(110)
    place = begin(office.url, instance)
    assert append(place, content + b"x").status_code == 413
    streamed = httpx.patch(
        place, content=iter([content, b"x"]), headers={**PIECE, "Upload-Offset": "0"}, trust_env=False
    )
    assert streamed.status_code == 413
    assert int(head(place).headers["Upload-Offset"]) <= len(content)


@pytest.mark.parametrize("path", ["files/..%2f..%2fgateway.sqlite3", "files/" + "0" * 32, "receipts/..%2f", "nowhere"])
def test_what_is_not_there_is_not_found(office: Gateway, path: str) -> None:
    assert httpx.get(f"{office.url}/{path}", headers=HEADERS, trust_env=False).status_code in {404, 405}


def test_an_independent_client_uploads_to_us(tmp_path: Path) -> None:
    """In a process of its own, since it leaves its files and sockets for the end of the process to close."""
    instance, content = frozen(1, 1000)
    image = tmp_path / "image.dcm"
    image.write_bytes(content)
    told = {
        "sop_instance_uid": instance.sop_instance_uid,
        "sop_class_uid": instance.sop_class_uid,
        "transfer_syntax_uid": instance.transfer_syntax_uid,
        "sha256": instance.sha256,
    }
    with demo_pacs(tmp_path / "pacs") as pacs, gateway(tmp_path, pacs=pacs) as office:
        words = json.dumps({"url": f"{office.url}/files", "image": str(image), "metadata": told})
        done = subprocess.run([sys.executable, "-c", CLIENT, words], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.split()) == (0, ["400000", str(len(content))]), done.stderr
        wait_until(lambda: office.receipt(instance.sop_instance_uid)["state"] == "proved", "the proof")
        assert set(pacs.instances()) == {instance.sop_instance_uid}


@contextmanager
def independent_server(cache: Path, folder: Path) -> Iterator[int]:
    """@tus/server under node, installed by npm into ``cache``.

    It is part of the tests where it can be installed: unlike Orthanc and DCMTK, no set-up of ours brings node.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("missing peer: @tus/server")
    cache.mkdir(parents=True, exist_ok=True)
    if not (cache / "node_modules/@tus/file-store").is_dir():
        packages = ("@tus/server@1.10.0", "@tus/file-store@1.5.1")
        done = subprocess.run(
            [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(cache), *packages],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            pytest.skip("missing peer: @tus/server")
    script = cache / "server.js"
    script.write_text(SERVER)
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen([node, str(script), str(folder), str(port)], cwd=cache, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(port), "@tus/server to listen")
        yield port
    finally:
        process.kill()
        process.wait()


def test_we_upload_to_an_independent_server(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    instance, content = frozen(1, 1000)
    cache = request.config.cache.mkdir("tus-server")
    with independent_server(cache, tmp_path / "kept") as port:
        destination = GatewayDestination(GatewayAddress(name="other", url=f"http://127.0.0.1:{port}"))
        assert destination.probe().disposition is Disposition.FINE
        answer = destination.store(parcel_of(instance), content, lambda _bytes: None)
        assert answer.disposition is Disposition.SENT
        assert content in [path.read_bytes() for path in (tmp_path / "kept").iterdir()]
        assert destination.prove(parcel_of(instance)).disposition is not Disposition.PROVED
        destination.rest()


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


@contextmanager
def intake(folder: Path, clock: ToldClock, **limits: Any) -> Iterator[tuple[Intake, Spool]]:
    spool, ledger = Spool(folder / "uploads"), Ledger(folder / "gateway.sqlite3")
    try:
        yield Intake(ledger, spool, clock, Limits(**limits)), spool
    finally:
        ledger.close()


def announced(number: int, station: str = "VAN7") -> Declared:
    instance, _ = frozen(number)
    return Declared(
        station=station,
        sop_instance_uid=instance.sop_instance_uid,
        sop_class_uid=instance.sop_class_uid,
        transfer_syntax_uid=instance.transfer_syntax_uid,
        sha256=instance.sha256,
        size=instance.size,
        metadata="",
    )


def test_a_station_may_not_begin_without_end(tmp_path: Path, clock: ToldClock) -> None:
    with intake(tmp_path, clock, most_unfinished=2) as (office, _spool):
        office.begin(announced(1))
        office.begin(announced(2))
        with pytest.raises(WireFault, match="429"):
            office.begin(announced(3))
        assert office.begin(announced(2)).offset == 0
        assert office.begin(announced(3, "VAN8")).declared.station == "VAN8"


def test_a_disk_that_would_be_full_takes_nothing_more(tmp_path: Path, clock: ToldClock) -> None:
    with intake(tmp_path, clock, spare_bytes=2**62) as (office, _spool), pytest.raises(WireFault, match="507"):
        office.begin(announced(1))


def test_an_unfinished_upload_waits_at_least_thirty_days(tmp_path: Path, clock: ToldClock) -> None:
    assert Limits().keep_days >= 30
    with intake(tmp_path, clock, keep_days=30) as (office, spool):
        upload = office.begin(announced(1))
        with office.writing(upload) as growth:
            growth.add(b"begun")
        clock.at += timedelta(days=30)
        assert office.sweep() == 0
        assert office.begin(announced(1)).offset == 5
        clock.at += timedelta(seconds=1)
        assert office.sweep() == 1
        assert not spool.names()
        assert office.begin(announced(1)).offset == 0
