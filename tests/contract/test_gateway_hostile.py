"""What nobody means well by, at the gateway: a right answer, nothing half-written, no other upload disturbed."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from fieldstation.gateway.app import COMMIT_BYTES, Parts, make_app
from fieldstation.gateway.http import GatewayProtocol
from fieldstation.gateway.intake import Intake
from fieldstation.gateway.ledger import Ledger
from fieldstation.gateway.settings import Limits
from fieldstation.gateway.spool import Spool
from fieldstation.gateway.stations import Stations
from tests.support.disks import mounted, new_disk
from tests.support.gateways import Gateway, gateway
from tests.support.parcels import frozen
from tests.support.peers import wait_until
from tests.support.stores import ToldClock
from tests.support.tus_wire import HEADERS, PIECE, append, begin, half_open, metadata

ROWS = 1000
LONG_HEAD = 1000
"""Bytes: more than can come in time one by one, and far fewer than a head may have."""
MINE, THEIRS = ({"Authorization": f"Bearer {word}"} for word in ("correct-horse-battery", "another-token-of-theirs"))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.mark.parametrize("offset", ["-1", "+0", "1e3", "0x0", "9" * 16, ""])
def test_an_offset_that_is_none_writes_nothing(office: Gateway, offset: str) -> None:
    instance, content = frozen(301)
    place = begin(office.url, instance)
    answer = httpx.patch(place, content=content, headers={**PIECE, "Upload-Offset": offset}, trust_env=False)
    assert answer.status_code == 400
    assert httpx.head(place, headers=HEADERS, trust_env=False).headers["Upload-Offset"] == "0"


def test_an_offset_that_is_not_where_it_stands_writes_nothing(office: Gateway) -> None:
    instance, content = frozen(302)
    place = begin(office.url, instance)
    assert append(place, content[:1000]).status_code == 204
    for offset in (0, 999, 1001, len(content), 10**12):
        assert append(place, b"x" * 10, offset).status_code == 409
    assert append(place, content[1000:], 1000).status_code == 204
    assert append(place, b"x", len(content)).status_code in {204, 413}
    assert office.receipt(instance.sop_instance_uid)["sha256"] == instance.sha256


def test_of_two_that_write_at_once_the_newer_has_to_begin_where_the_older_ended(tmp_path: Path) -> None:
    instance, content = frozen(1, ROWS)
    with gateway(tmp_path) as office:
        place = begin(office.url, instance)
        with half_open(place, 0, content[:100_000], len(content)) as older:
            wait_until(lambda: bool(office.spooled()) and office.spooled()[0].stat().st_size > 0, "the first chunk")
            assert append(place, content).status_code == 409
            assert older.recv(1000).startswith(b"HTTP/1.1 423")
        assert office.spooled()[0].read_bytes() == content[:100_000]
        assert append(place, content[100_000:], 100_000).status_code == 204
        assert office.spooled()[0].read_bytes() == content


def test_another_stations_upload_is_unknown_and_goes_on_undisturbed(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.toml"
    tokens.write_text('VAN7 = "correct-horse-battery"\nVAN8 = "another-token-of-theirs"\n')
    instance, content = frozen(1, ROWS)
    with gateway(tmp_path, "--tokens", str(tokens)) as office:
        told = {**HEADERS, **MINE, "Upload-Length": str(len(content)), "Upload-Metadata": metadata(instance)}
        made = httpx.post(f"{office.url}/files", headers=told, trust_env=False)
        place = f"{office.url}/{made.headers['Location']}"
        with half_open(place, 0, content[:100_000], len(content), **MINE) as mine:
            wait_until(lambda: bool(office.spooled()) and office.spooled()[0].stat().st_size > 0, "the first chunk")
            for who, status in ((THEIRS, 404), ({"Authorization": "Bearer correct-horse-batterie"}, 401), ({}, 401)):
                headers = {**PIECE, **who, "Upload-Offset": "0"}
                for method in ("HEAD", "PATCH", "DELETE"):
                    answer = httpx.request(method, place, headers=headers, content=b"x", trust_env=False)
                    assert answer.status_code == status, method
            mine.sendall(content[100_000:])
            assert mine.recv(1000).startswith(b"HTTP/1.1 204")
        assert office.spooled()[0].read_bytes() == content
        other = httpx.get(f"{office.url}/receipts/{instance.sop_instance_uid}", headers=THEIRS, trust_env=False)
        assert other.status_code == 404


def test_of_two_objects_under_one_uid_the_first_that_is_whole_is_taken(office: Gateway) -> None:
    """Whichever was begun first: a PACS that gets both would keep either."""
    instance, content = frozen(303)
    altered = content[:-1] + bytes([content[-1] ^ 1])
    other = begin(office.url, instance, sha256=sha256(altered).hexdigest())
    assert append(begin(office.url, instance), content).status_code == 204
    assert append(other, altered).status_code == 409
    assert httpx.head(other, headers=HEADERS, trust_env=False).status_code == 404
    assert office.receipt(instance.sop_instance_uid)["sha256"] == instance.sha256


Call = Callable[[httpx.AsyncClient], Awaitable[None]]


@contextmanager
def in_this_process(folder: Path, **limits: float) -> Iterator[Callable[[Call], Spool]]:
    """The gateway's resources without its process: calls them, and tells where the bytes are."""
    ledger, spool, told = Ledger(folder / "gateway.sqlite3"), Spool(folder / "uploads"), Limits(**limits)  # type: ignore[arg-type]
    parts = Parts(
        ledger=ledger,
        intake=Intake(ledger, spool, ToldClock(), told),
        stations=Stations(None, certificates=False),
        limits=told,
        proof=None,
    )

    async def with_client(call: Call) -> None:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(make_app(parts)), base_url="http://office"
        ) as client:
            await call(client)

    def run(call: Call) -> Spool:
        asyncio.run(with_client(call))
        return spool

    try:
        yield run
    finally:
        ledger.close()


async def begun(client: httpx.AsyncClient) -> str:
    instance, _ = frozen(1, ROWS)
    headers = {**HEADERS, "Upload-Length": str(instance.size), "Upload-Metadata": metadata(instance)}
    return str((await client.post("/files", headers=headers)).headers["Location"])


def test_a_request_that_sends_nothing_more_ends_and_what_came_is_kept(tmp_path: Path) -> None:
    _, content = frozen(1, ROWS)

    async def trickle() -> AsyncIterator[bytes]:
        yield content[:100_000]
        await asyncio.Event().wait()

    async def call(client: httpx.AsyncClient) -> None:
        place = await begun(client)
        answer = await client.patch(place, headers={**PIECE, "Upload-Offset": "0"}, content=trickle())
        assert answer.status_code == 408
        assert (await client.head(place, headers=HEADERS)).headers["Upload-Offset"] == "100000"

    with in_this_process(tmp_path, idle_s=0.01) as run:
        spool = run(call)
        (name,) = spool.names()
        assert spool.path(name).read_bytes() == content[:100_000]


@pytest.mark.skipif(sys.platform == "win32", reason="a limit on the size of files")
def test_a_disk_that_takes_half_a_chunk_has_not_got_the_chunk(tmp_path: Path) -> None:
    import resource  # noqa: PLC0415 - there is none on Windows

    _, content = frozen(1, ROWS)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    async def call(client: httpx.AsyncClient) -> None:
        place = await begun(client)

        async def pieces() -> AsyncIterator[bytes]:
            for at in range(0, len(content), COMMIT_BYTES):
                yield content[at : at + COMMIT_BYTES]

        resource.setrlimit(resource.RLIMIT_FSIZE, (COMMIT_BYTES * 3 // 2, hard))
        try:
            answer = await client.patch(place, headers={**PIECE, "Upload-Offset": "0"}, content=pieces())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert answer.status_code == 507
        kept = int((await client.head(place, headers=HEADERS)).headers["Upload-Offset"])
        assert kept == COMMIT_BYTES
        rest = {**PIECE, "Upload-Offset": str(kept)}
        assert (await client.patch(place, headers=rest, content=content[kept:])).status_code == 204

    with in_this_process(tmp_path) as run:
        spool = run(call)
        (name,) = spool.names()
        assert spool.path(name).read_bytes() == content


def test_what_it_says_it_has_is_there_after_a_power_cut(tmp_path: Path) -> None:
    instance, content = frozen(1, ROWS)
    told: list[tuple[str, int]] = []

    async def begin_and_append(client: httpx.AsyncClient) -> None:
        told.append((await begun(client), 0))
        disk.cut_power(tmp_path / "0")
        for end in (100_000, len(content)):
            place, offset = told[-1]
            headers = {**PIECE, "Upload-Offset": str(offset)}
            answer = await client.patch(place, headers=headers, content=content[offset:end])
            told.append((place, int(answer.headers["Upload-Offset"])))
            disk.cut_power(tmp_path / str(len(told) - 1))

    with new_disk(tmp_path / "first") as disk, in_this_process(disk.folder, spare_bytes=0) as run:
        run(begin_and_append)
    assert [offset for _, offset in told] == [0, 100_000, len(content)]
    for number, (place, offset) in enumerate(told):

        async def look(client: httpx.AsyncClient, place: str = place, offset: int = offset) -> None:
            assert (await client.head(place, headers=HEADERS)).headers["Upload-Offset"] == str(offset)
            rest = {**PIECE, "Upload-Offset": str(offset)}
            assert (await client.patch(place, headers=rest, content=content[offset:])).status_code == 204
            receipt = await client.get(f"/receipts/{instance.sop_instance_uid}")
            assert receipt.json()["sha256"] == instance.sha256

        with (
            mounted(tmp_path / str(number), tmp_path / f"after-{number}") as after,
            in_this_process(after, spare_bytes=0) as again,
        ):
            again(look)


def test_the_same_upload_begun_twice_at_once_is_one(tmp_path: Path) -> None:
    instance, _ = frozen(1, ROWS)
    with in_this_process(tmp_path) as run:

        async def call(client: httpx.AsyncClient) -> None:
            headers = {**HEADERS, "Upload-Length": str(instance.size), "Upload-Metadata": metadata(instance)}
            answers = await asyncio.gather(*(client.post("/files", headers=headers) for _ in range(8)))
            assert {answer.status_code for answer in answers} <= {201, 423}
            assert len({answer.headers.get("Location") for answer in answers if answer.status_code == 201}) == 1

        run(call)


async def served(head_s: float, client: Callable[[int], Awaitable[None]], at_rest: asyncio.Event) -> None:
    """The gateway's protocol with an application that answers once ``at_rest`` is set."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await at_rest.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    config = uvicorn.Config(app, log_config=None, lifespan="off")
    config.load()
    state = ServerState()
    make = partial(GatewayProtocol, config=config, server_state=state, app_state={}, head_s=head_s)
    listening = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    async with listening:
        await client(listening.sockets[0].getsockname()[1])
        while state.connections:
            await asyncio.sleep(0)


async def read_within(reader: asyncio.StreamReader, seconds: float) -> bytes | None:
    """What comes, nothing at the end of the connection; None if it is still open and nothing comes."""
    try:
        return await asyncio.wait_for(reader.read(1), seconds)
    except TimeoutError:
        return None


@pytest.mark.parametrize("before", [b"", b"GET /receipts HTTP/1.1\r\nHost: office\r\n\r\n"])
def test_whoever_never_ends_the_head_of_a_request_is_hung_up_on(before: bytes) -> None:
    """Also after a request that was answered."""

    async def client(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(before)
        if before:
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
        writer.write(b"GET /receipts HTTP/1.1\r\nX: ")
        with suppress(ConnectionError):
            for _ in range(LONG_HEAD):
                writer.write(b"x")
                await writer.drain()
                if await read_within(reader, 0.01) == b"":
                    break
            else:
                pytest.fail("a head without end is read")
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def run() -> None:
        answers = asyncio.Event()
        answers.set()
        await served(0.05, client, answers)

    asyncio.run(run())


def test_whoever_is_waited_for_after_the_head_may_take_longer() -> None:
    async def run() -> None:
        answers = asyncio.Event()

        async def client(port: int) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /receipts HTTP/1.1\r\nHost: office\r\n\r\n")
            asyncio.get_running_loop().call_later(0.15, answers.set)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
            writer.close()
            await writer.wait_closed()

        await served(0.05, client, answers)

    asyncio.run(run())
