"""The simulated reader as a process of its own."""

import threading
from collections.abc import Callable

from fieldstation.bootstrap.endings import told_to_end
from fieldstation.bootstrap.station import Places, SystemClock
from fieldstation.bootstrap.views import site_catalogue
from fieldstation.config import load_settings
from fieldstation.cr_reader.bridge.room import exposer
from fieldstation.cr_reader.bridge.server import DeviceServer
from fieldstation.cr_reader.bridge.wire import Wire, WireFaults
from fieldstation.cr_reader.drivers import make_reader
from fieldstation.domain.errors import Failed


def serve_simulator(
    places: Places, address: tuple[str, int], faults: WireFaults, on_listening: Callable[[int], None]
) -> None:
    """Serve the simulated reader of the settings until this process is told to end.

    ``on_listening`` is called with the port once it takes connections.

    Raises:
        Failed: ``simulator.cannot_listen``.
        Refused: the settings are wrong.
    """
    settings = load_settings(places.settings)
    table = settings.reader.table_of("simulated")
    catalogue = site_catalogue(settings, places.settings)
    equipment = make_reader("simulated", table, catalogue=catalogue, clock=SystemClock())
    expose = exposer(equipment.room) if equipment.room else None
    host, port = address
    try:
        server = DeviceServer(equipment.reader, address, expose, Wire(faults))
    except OSError as error:
        raise Failed("simulator.cannot_listen", host=host, port=port, problem=error.strerror or "") from None
    told = threading.Event()
    serving = threading.Thread(target=server.run)
    with told_to_end(told.set):
        serving.start()
        on_listening(server.port)
        told.wait()
        server.stop()
        serving.join()
