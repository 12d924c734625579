"""The driver ``simulated``: the one that needs no device."""

from collections.abc import Mapping

from fieldstation.cr_reader.equipment import Equipment, Surroundings
from fieldstation.cr_reader.simulated.reader import SimulatedReader
from fieldstation.cr_reader.simulated.settings import SimulatedSettings
from fieldstation.cr_reader.simulated.world import SimulatedRoom, World


def make_simulated(settings: Mapping[str, object], surroundings: Surroundings) -> Equipment:
    """A simulated reader and the room before it; for the settings see `SimulatedSettings`."""
    parsed = SimulatedSettings.parse(settings)
    world = World(parsed.script)
    return Equipment(
        reader=SimulatedReader(world, parsed, surroundings),
        room=SimulatedRoom(world, surroundings.catalogue, parsed, surroundings.clock),
    )
