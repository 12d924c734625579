"""The driver ``bridge``, put together."""

from collections.abc import Mapping

from fieldstation.cr_reader.bridge.reader import BridgeReader
from fieldstation.cr_reader.bridge.room import BridgeRoom
from fieldstation.cr_reader.bridge.settings import BridgeSettings
from fieldstation.cr_reader.equipment import Equipment, Surroundings


def make_bridge(settings: Mapping[str, object], surroundings: Surroundings) -> Equipment:
    """The reader at the other end of a link; for the settings see `BridgeSettings`."""
    parsed = BridgeSettings.parse(settings)
    reader = BridgeReader(parsed, surroundings)
    return Equipment(reader=reader, room=BridgeRoom(reader) if parsed.room == "simulated" else None)
