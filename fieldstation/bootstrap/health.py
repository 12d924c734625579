"""What doctor looks at, wired over the real parts."""

from collections.abc import Sequence

from fieldstation.bootstrap.awake import can_be_kept_awake
from fieldstation.bootstrap.sender import make_destination
from fieldstation.bootstrap.station import Places, Station, open_station, sender_holder
from fieldstation.bootstrap.views import site_catalogue
from fieldstation.config import Destination, load_settings
from fieldstation.domain.certificates import Certificate, Whose
from fieldstation.domain.destination import EchoReport
from fieldstation.domain.errors import Failed
from fieldstation.domain.words import Message
from fieldstation.services.doctor import (
    Check,
    Diagnosis,
    Health,
    certificate_diagnoses,
    clock_check,
    disk_check,
    examine_all,
    proof_check,
    store_check,
)
from fieldstation.store.ballast import Ballast


def examine(places: Places) -> list[Diagnosis]:
    """Look at settings, store, disk, clock, reader, sender and PACS."""
    settings = Check("settings", lambda: _settings(places))
    opened: list[Station] = []

    def open_it() -> tuple[Health, Message]:
        opened.append(open_station(places, "doctor"))
        return store_check(opened[0].store)

    diagnoses = examine_all([settings, Check("store", open_it)])
    if not opened:
        return diagnoses
    station = opened[0]
    certificates: list[Certificate] = []
    try:
        diagnoses += examine_all(
            [
                Check("disk", lambda: disk_check(station.folder)),
                Check("ballast", lambda: _ballast(station)),
                Check("proof", lambda: proof_check(station.store)),
                Check("clock", lambda: clock_check(station.store, station.clock.now())),
                Check("reader", lambda: _reader(station)),
                Check("cassettes", lambda: _cassettes(station)),
                Check("sender", lambda: _sender(station)),
                Check("awake", lambda: _awake(station)),
                *_pacs_checks(station, certificates),
            ]
        )
        return diagnoses + certificate_diagnoses(certificates, station.clock.now())
    finally:
        station.close()


def echo(station: Station, destination: Destination) -> tuple[EchoReport, Sequence[Certificate]]:
    """Ask a destination whether it is there and can do what is asked of it; with the certificates that it rests on."""
    peer = make_destination(station.settings, destination)
    try:
        return peer.echo(), peer.certificates
    finally:
        peer.end()


def _settings(places: Places) -> tuple[Health, Message]:
    site_catalogue(load_settings(places.settings), places.settings)
    if places.settings is None:
        return Health.CAUTION, Message("doctor.settings_default", {"file": str(places.new_settings)})
    return Health.WELL, Message("doctor.settings_well", {"file": str(places.settings)})


def _reader(station: Station) -> tuple[Health, Message]:
    identity = station.test_reader()
    code = "doctor.reader_simulated" if identity.simulated else "doctor.reader_well"
    notes = station.bench.reader.notes
    return (Health.CAUTION, notes[0]) if notes else (Health.WELL, Message(code, {"model": identity.model}))


def _cassettes(station: Station) -> tuple[Health, Message]:
    """What recurs in the images of one cassette, or of the reader, says where to look."""
    board = station.tray()
    notices = [board.reader_notice, *(one for row in board.rows for one in row.notices)]
    said = next((one for one in notices if one), None)
    return (
        (Health.CAUTION, said) if said else (Health.WELL, Message("doctor.cassettes_well", {"count": len(board.rows)}))
    )


def _sender(station: Station) -> tuple[Health, Message]:
    found = sender_holder(station.folder)
    if found:
        return Health.WELL, Message("doctor.sender_runs", {"pid": found.pid})
    return Health.CAUTION, Message("doctor.sender_off")


def _ballast(station: Station) -> tuple[Health, Message]:
    if Ballast(station.folder).is_there:
        return Health.WELL, Message("doctor.ballast_well")
    return Health.CAUTION, Message("doctor.ballast_missing")


def _awake(station: Station) -> tuple[Health, Message]:
    if not station.settings.sender.keep_awake:
        return Health.WELL, Message("doctor.awake_off")
    if can_be_kept_awake():
        return Health.WELL, Message("doctor.awake_well")
    return Health.CAUTION, Message("doctor.awake_impossible")


def _pacs_checks(station: Station, certificates: list[Certificate]) -> list[Check]:
    if not station.settings.destination:
        return [Check("pacs", lambda: (Health.CAUTION, Message("doctor.no_destination")))]
    return [
        Check(f"pacs {one.name}", lambda one=one: _pacs(station, one, certificates))  # type: ignore[misc]
        for one in station.settings.destination
    ]


def _pacs(station: Station, destination: Destination, certificates: list[Certificate]) -> tuple[Health, Message]:
    report, shown = echo(station, destination)
    certificates.extend(shown)
    if not any(one.whose is Whose.PEER for one in shown):
        with station.store.reading() as questions:
            certificates.extend(questions.peer_certificates().get(destination.name, ()))
    if report.trouble:
        raise Failed(report.trouble.code, **report.trouble.params)
    milliseconds = round(report.seconds * 1000)
    return Health.WELL, Message("pacs.well", {"destination": destination.name, "milliseconds": milliseconds})
