"""Who is asking: a station is known by its token, or by its certificate."""

import hmac
from collections.abc import Mapping

from fieldstation.gateway.settings import ONLY_STATION
from fieldstation.gateway.wire import WireFault

CERTIFICATE = "fieldstation.certificate"
"""The key of an ASGI scope under which the common name of the other end's checked certificate is."""


class Stations:
    """The stations that may upload; everybody on this machine where neither tokens nor certificates are asked for.

    Where certificates are asked for, each station needs one. A token says who the station is; where there are none,
    the certificate's common name does.
    """

    def __init__(self, tokens: Mapping[str, str] | None, *, certificates: bool) -> None:
        self._tokens = None if tokens is None else {station: token.encode() for station, token in tokens.items()}
        self._certificates = certificates

    def who(self, headers: Mapping[str, str], common_name: str | None) -> str:
        """The station that asks with these headers and that certificate.

        Every token is compared, each in constant time, so that the time says nothing about any of them.

        Raises:
            WireFault: 401.
        """
        if self._certificates and not common_name:
            raise WireFault(401, "certificate")
        if self._tokens is None:
            return common_name or ONLY_STATION
        scheme, _, told = headers.get("authorization", "").partition(" ")
        given = told.strip().encode() if scheme.lower() == "bearer" else b""
        found = [station for station, token in self._tokens.items() if hmac.compare_digest(token, given)]
        if not found:
            raise WireFault(401, "token")
        return found[0]
