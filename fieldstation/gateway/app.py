"""The gateway's resources: ``/files`` speaks tus 1.0.0, ``/receipts`` says what became of each instance."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from fieldstation.dicom.uids import is_valid_uid
from fieldstation.domain.errors import Failed
from fieldstation.domain.jobs import ProofKind
from fieldstation.gateway import wire
from fieldstation.gateway.intake import Intake
from fieldstation.gateway.ledger import Ledger, Upload
from fieldstation.gateway.receipts import receipt
from fieldstation.gateway.settings import Limits
from fieldstation.gateway.stations import CERTIFICATE, Stations
from fieldstation.gateway.turns import Turn, Turns
from fieldstation.gateway.wire import WireFault

_LOG = logging.getLogger(__name__)

COMMIT_BYTES = 64 * 1024
"""As soon as so many bytes have come they are made durable, so that no end of this process costs more."""

_Answerer = Callable[[Request, str], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the resources work with. ``proof`` is how the PACS is asked; None where there is no PACS to pass on to."""

    ledger: Ledger
    intake: Intake
    stations: Stations
    limits: Limits
    proof: ProofKind | None


def make_app(parts: Parts) -> ASGIApp:
    """The ASGI application."""
    resources = _Resources(parts)
    routes = [
        Route("/files", resources.files, methods=["OPTIONS", "POST"]),
        Route("/files/{name}", resources.file, methods=["OPTIONS", "HEAD", "PATCH", "DELETE"]),
        Route("/receipts", resources.receipts, methods=["GET"]),
        Route("/receipts/{uid}", resources.receipts, methods=["GET"]),
    ]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    return _MethodOverride(app)


class _MethodOverride:
    """Lets clients behind proxies that know no PATCH say it in a header (tus 1.0.0, X-HTTP-Method-Override)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for name, value in scope["headers"]:
                if name == b"x-http-method-override" and value in {b"PATCH", b"DELETE", b"HEAD"}:
                    scope = {**scope, "method": value.decode()}
        await self._app(scope, receive, send)


class _Resources:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._turns = Turns(parts.limits.handover_s)

    async def files(self, request: Request) -> Response:
        """The collection: what is offered, and creation."""
        return await self._answer(request, self._offer if request.method == "OPTIONS" else self._create)

    async def file(self, request: Request) -> Response:
        """One upload."""
        methods: dict[str, _Answerer] = {"OPTIONS": self._offer, "PATCH": self._append, "DELETE": self._terminate}
        return await self._answer(request, methods.get(request.method, self._tell))

    async def receipts(self, request: Request) -> Response:
        """One receipt, or whether there can be any."""
        return await self._answer(request, self._receipt if "uid" in request.path_params else self._about)

    async def _answer(self, request: Request, answerer: _Answerer) -> Response:
        """Whatever is wrong is said in the wire's terms, and never with what an exception holds."""
        try:
            station = self._parts.stations.who(request.headers, request.scope.get(CERTIFICATE))
            if request.method not in {"OPTIONS", "GET"}:
                wire.check_version(request.headers)
            response = await answerer(request, station)
        except WireFault as fault:
            response = _refusal(request, fault)
        except Failed as error:
            _LOG.warning("The gateway's disk or ledger failed: %s", error.code)
            response = _refusal(request, WireFault(507 if error.code == "disk.full" else 500, error.code))
        response.headers["Tus-Resumable"] = wire.VERSION
        return response

    async def _offer(self, _request: Request, _station: str) -> Response:
        headers = {
            "Tus-Version": wire.VERSION,
            "Tus-Extension": wire.EXTENSIONS,
            "Tus-Max-Size": str(self._parts.limits.most_bytes),
        }
        return Response(status_code=204, headers=headers)

    async def _create(self, request: Request, station: str) -> Response:
        """Creation, and creation with upload; idempotent for the same instance with the same bytes."""
        declared = wire.declared(station, request.headers, self._parts.limits.most_bytes)
        has_body = request.headers.get("content-type") is not None and request.headers.get("content-length") != "0"
        if has_body:
            wire.check_piece_type(request.headers)
        upload = await asyncio.to_thread(self._parts.intake.begin, declared)
        headers = {"Tus-Extension": wire.EXTENSIONS}
        async with self._turns.take(upload.name) as turn:
            upload = await self._settled(self._again(upload))
            if has_body and upload.offset == 0:
                upload = await self._grow(request, upload, turn)
            elif has_body:
                headers["Connection"] = "close"
        headers |= {"Location": f"files/{upload.name}", "Upload-Offset": str(upload.offset), **self._expiry(upload)}
        return Response(status_code=201, headers=headers)

    async def _tell(self, request: Request, station: str) -> Response:
        """HEAD: how much is durable. Whoever is uploading hands over, so that the answer stays true."""
        async with self._turns.take(self._known(request, station).name):
            upload = await self._settled(self._known(request, station))
        headers = {
            "Upload-Offset": str(upload.offset),
            "Upload-Length": str(upload.declared.size),
            "Upload-Metadata": upload.declared.metadata,
            "Cache-Control": "no-store",
            **self._expiry(upload),
        }
        return Response(status_code=200, headers=headers)

    async def _append(self, request: Request, station: str) -> Response:
        """PATCH: the next bytes, however many."""
        wire.check_piece_type(request.headers)
        offset = wire.number(request.headers, "upload-offset")
        async with self._turns.take(self._known(request, station).name) as turn:
            upload = self._known(request, station)
            if offset != upload.offset:
                raise WireFault(409, "offset")
            upload = await self._grow(request, upload, turn)
        return Response(status_code=204, headers={"Upload-Offset": str(upload.offset), **self._expiry(upload)})

    async def _terminate(self, request: Request, station: str) -> Response:
        async with self._turns.take(self._known(request, station).name):
            await asyncio.to_thread(self._parts.intake.drop, self._known(request, station))
        return Response(status_code=204)

    async def _receipt(self, request: Request, station: str) -> Response:
        uid = request.path_params["uid"]
        upload = self._parts.ledger.latest_of(station, uid) if is_valid_uid(uid) else None
        if upload is None:
            raise WireFault(404, "unknown")
        return JSONResponse(receipt(upload), headers={"Cache-Control": "no-store"})

    async def _about(self, _request: Request, _station: str) -> Response:
        proof = self._parts.proof
        return JSONResponse({"passes_on": proof is not None, "proof": proof}, headers={"Cache-Control": "no-store"})

    def _known(self, request: Request, station: str) -> Upload:
        """What is asked about before its turn is taken, too, so that nobody ends another station's request."""
        upload = self._parts.ledger.by_name(station, request.path_params["name"])
        if upload is None:
            raise WireFault(404, "unknown")
        return upload

    def _expiry(self, upload: Upload) -> dict[str, str]:
        if upload.received_at is not None:
            return {}
        expires = upload.touched_at + timedelta(days=self._parts.limits.keep_days)
        return {"Upload-Expires": format_datetime(expires, usegmt=True)}

    async def _grow(self, request: Request, upload: Upload, turn: Turn) -> Upload:
        """Take the body in; what came is durable in any case, however the request ends."""
        if upload.complete:
            return upload
        left = upload.declared.size - upload.offset
        if "content-length" in request.headers and wire.number(request.headers, "content-length") > left:
            raise WireFault(413, "beyond-the-end")
        with self._parts.intake.writing(upload) as growth:
            waiting = bytearray()
            try:
                async with aclosing(_pieces(request.receive, turn, self._parts.limits.idle_s)) as pieces:
                    async for piece in pieces:
                        waiting += piece
                        if len(waiting) > growth.missing:
                            del waiting[growth.missing :]
                            raise WireFault(413, "beyond-the-end")
                        if len(waiting) >= COMMIT_BYTES:
                            # Handed over before it is tried: what failed must not be added once more at the end.
                            chunk, waiting = bytes(waiting), bytearray()
                            await asyncio.to_thread(growth.add, chunk)
            finally:
                if waiting:
                    await asyncio.to_thread(growth.add, bytes(waiting))
        return await self._settled(self._again(upload))

    async def _settled(self, upload: Upload) -> Upload:
        """A complete object is checked before anything else is said about it, also after a crash in between."""
        if upload.received_at is not None or not upload.complete:
            return upload
        await asyncio.to_thread(self._parts.intake.finish, upload)
        return self._again(upload)

    def _again(self, upload: Upload) -> Upload:
        again = self._parts.ledger.by_name(upload.declared.station, upload.name)
        if again is None:
            raise WireFault(404, "unknown")
        return again


def _refusal(request: Request, fault: WireFault) -> Response:
    """A body that was not read to its end takes its connection with it."""
    response = JSONResponse({"error": fault.code}, fault.status)
    if request.method in {"POST", "PATCH"}:
        response.headers["Connection"] = "close"
    if fault.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if fault.status == 412:
        response.headers["Tus-Version"] = wire.VERSION
    return response


async def _pieces(receive: Receive, turn: Turn, idle_s: float) -> AsyncGenerator[bytes]:
    """The pieces of a body as they come.

    Raises:
        WireFault: 408 nothing came for ``idle_s``, or the link broke; 423 a newer request wants the upload.
    """
    over = asyncio.ensure_future(turn.over.wait())
    try:
        while True:
            message = asyncio.ensure_future(receive())
            try:
                await asyncio.wait({message, over}, timeout=idle_s, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not message.done():
                    message.cancel()
            if not message.done():
                raise WireFault(wire.LOCKED if turn.over.is_set() else 408, "ended")
            event = message.result()
            if event["type"] == "http.disconnect":
                raise WireFault(408, "link")
            yield event.get("body", b"")
            if not event.get("more_body", False):
                return
    finally:
        over.cancel()
