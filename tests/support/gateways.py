"""The gateway as the office runs it: a process of its own, started, killed and started again on the same port."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from fieldstation.domain.destination import Answer, Disposition
from fieldstation.upload.gateway import GatewayAddress, GatewayDestination, Persistence
from fieldstation.upload.limits import Limits
from tests.support.children import Program
from tests.support.parcels import frozen, parcel_of
from tests.support.peers import free_port, wait_until

SHORT = Limits(connect_s=2.0, answer_s=2.0, stall_s=0.5, release_s=0.5, min_rate=1e6)
QUICK = Persistence(quick_s=0.02, quickly_s=1.0, slow_s=0.05, give_up_s=2.0)


class Gateway:
    """A gateway that can be killed and started again over the same folder."""

    host = "127.0.0.1"

    def __init__(self, data: Path, options: Sequence[str] = (), scheme: str = "http") -> None:
        self.data = data
        self.port = free_port()
        self.url = f"{scheme}://{self.host}:{self.port}"
        self._options = options
        self._process: Program | None = None
        self.start()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it; returns when it takes connections."""
        self.data.mkdir(parents=True, exist_ok=True)
        said = self.data.parent / f"{self.data.name}.out"
        said.write_text("", "utf-8")
        words = ("gateway", "serve", "--data", str(self.data), "--port", str(self.port), *self._options)
        self._process = process = Program(words, said, self._log)
        wait_until(lambda: said.read_text("utf-8").endswith("\n") or not process.runs, "the gateway to listen")
        line = said.read_text("utf-8")
        assert self.url in line, f"the gateway did not start: {line} {self.log()}"

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        assert self._process is not None
        return self._process.stop()

    def log(self) -> str:
        """What it said on standard error."""
        return self._log.read_text("utf-8")

    @property
    def _log(self) -> Path:
        return self.data.parent / f"{self.data.name}.log"

    def receipt(self, sop_instance_uid: str) -> dict[str, Any]:
        """A receipt, as anybody on this machine can read it."""
        receipt: dict[str, Any] = httpx.get(f"{self.url}/receipts/{sop_instance_uid}", trust_env=False).json()
        return receipt

    def spooled(self) -> list[Path]:
        """The files of uploads."""
        return sorted((self.data / "uploads").iterdir())

    def destination(self, url: str | None = None, **changes: Any) -> GatewayDestination:
        """The vehicle's end; ``url`` if it is reached another way."""
        values = {"name": "office", "url": url or self.url, "persistence": QUICK, **changes}
        return GatewayDestination(GatewayAddress(**values))


@contextmanager
def gateway(folder: Path, *options: str, pacs: Any = None, scheme: str = "http") -> Iterator[Gateway]:
    """Run one; ``pacs`` is where it passes images on to (it has host, port and AE title)."""
    address = () if pacs is None else ("--pacs", f"{pacs.ae_title}@{pacs.host}:{pacs.port}")
    running = Gateway(folder / "gateway", [*address, *options], scheme)
    try:
        yield running
    finally:
        running.stop()


def send(destination: GatewayDestination, number: int = 1, rows: int = 320) -> Answer:
    """Send the ``number``-th image of the tests."""
    instance, content = frozen(number, rows)
    return destination.store(parcel_of(instance), content, lambda _bytes: None)


def said(answer: Answer) -> tuple[Disposition, str]:
    """What an answer says, without its parameters."""
    return answer.disposition, answer.message.code


def at(url: str, **changes: Any) -> GatewayDestination:
    """The vehicle's end of whatever answers there."""
    return GatewayDestination(GatewayAddress(**{"name": "office", "url": url, "persistence": QUICK, **changes}))


def whole(office: Gateway, number: int, rows: int) -> bool:
    """Whether the gateway has exactly the bytes of the image; for gateways without a PACS."""
    return frozen(number, rows)[1] in [path.read_bytes() for path in office.spooled()]
