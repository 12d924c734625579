"""Who is asking: a station is known by its token."""

import hmac
from collections.abc import Mapping

from fieldstation.gateway.settings import ONLY_STATION
from fieldstation.gateway.wire import WireFault


class Stations:
    """The stations that may upload; everybody on this machine where there are no tokens."""

    def __init__(self, tokens: Mapping[str, str] | None) -> None:
        self._tokens = None if tokens is None else {station: token.encode() for station, token in tokens.items()}

    def who(self, headers: Mapping[str, str]) -> str:
        """The station that the bearer token (RFC 6750) belongs to.

        Every token is compared, each in constant time, so that the time says nothing about any of them.

        Raises:
            WireFault: 401.
        """
        if self._tokens is None:
            return ONLY_STATION
        scheme, _, told = headers.get("authorization", "").partition(" ")
        given = told.strip().encode() if scheme.lower() == "bearer" else b""
        found = [station for station, token in self._tokens.items() if hmac.compare_digest(token, given)]
        if not found:
            raise WireFault(401, "token")
        return found[0]
