"""A reader has died: its plates are read at another station."""

import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fieldstation.bootstrap.station import Station
from fieldstation.demo.route import HERE, STAT_ORDER, lay_out
from fieldstation.domain.errors import Refused, WrongUse
from fieldstation.domain.exams import Technique
from fieldstation.domain.plates import GoingOn, HandedPlate, TakenOver
from fieldstation.domain.views import OrderedView, Side
from fieldstation.services.boards import ViewState
from fieldstation.services.hand_over import from_code, seal, to_code, unseal
from fieldstation.services.qr_code import modules, write_picture
from tests.support.stations import begin, read, station_in

PLATE = HandedPlate(
    plate_id="C;1,%",
    size="35CMX43CM",
    accession="A-1",
    patient_id="P-1",
    view=OrderedView("hand-pa", Side.RIGHT),
    exposed_at=datetime(2026, 3, 4, 10, 28, tzinfo=UTC),
    station="VAN7",
)
RANDOM = bytes(range(32))


def test_a_sealed_file_opens_with_its_passphrase_alone_and_says_nothing_without() -> None:
    data = seal([PLATE], "ABCD-EFGH-IJKL-MNOP", RANDOM)
    assert unseal(data, "abcd efgh ijkl mnop") == [PLATE]
    assert b"P-1" not in data
    changed = data[:-1] + bytes([data[-1] ^ 1])
    for wrong, passphrase, code in (
        (data, "ABCD-EFGH-IJKL-MNOQ", "hand_over.wrong_passphrase"),
        (changed, "ABCD-EFGH-IJKL-MNOP", "hand_over.wrong_passphrase"),
        (data[:40], "ABCD-EFGH-IJKL-MNOP", "hand_over.not_one"),
        (b"something else", "ABCD-EFGH-IJKL-MNOP", "hand_over.not_one"),
    ):
        with pytest.raises(Refused) as refused:
            unseal(wrong, passphrase)
        assert refused.value.code == code


def test_a_code_has_no_patient_id_and_comes_back_as_it_was() -> None:
    code = to_code([PLATE, PLATE])
    assert "P-1" not in code
    assert from_code(code + "\n") == [replace(PLATE, patient_id="")] * 2
    assert len({len(row) for row in modules(code)}) == 1


@pytest.mark.parametrize("code", ["", "FS2;a", "FS1;a,b", "FS1;a,b,c,d,X,f,202603041028", "FS1;a,b,c,d,R,f,now"])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(Refused) as refused:
        from_code(f"{code};{zlib.crc32(code.encode()):08X}")
    assert refused.value.code == "hand_over.not_one"


def test_a_slip_of_the_scanner_is_refused() -> None:
    code = to_code([PLATE, PLATE])
    for place in range(4, len(code)):
        for slip in (code[:place] + code[place + 1 :], code[:place] + "x" + code[place + 1 :], code[:place]):
            with pytest.raises(Refused) as refused:
                from_code(slip)
            assert refused.value.code in {"hand_over.garbled", "hand_over.not_one"}


def test_a_code_of_too_many_plates_and_a_picture_of_no_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        modules(to_code([PLATE] * 100))
    assert refused.value.code == "hand_over.too_many"
    write_picture(to_code([PLATE]), str(tmp_path / "code.png"))
    with pytest.raises(WrongUse):
        write_picture(to_code([PLATE]), str(tmp_path / "code.bmp"))


def of_now(station: Station, **changes: object) -> HandedPlate:
    """A plate for the order of the day's study, exposed a while ago within a minute."""
    exposed_at = (station.clock.now() - timedelta(minutes=9)).replace(second=31, microsecond=5)
    return replace(PLATE, **{"plate_id": "C-1", "exposed_at": exposed_at, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("file_first", [True, False])
@pytest.mark.parametrize("accession", ["A-1", "A-9"])
def test_file_and_code_of_the_same_plate_are_taken_over_once(
    tmp_path: Path, accession: str, *, file_first: bool
) -> None:
    with station_in(tmp_path) as station:
        study = begin(station, "hand-pa:R")
        plate, passphrase = of_now(station, accession=accession), "AAAA-BBBB-CCCC-DDDD"
        (tmp_path / "plates").write_bytes(seal([plate], passphrase, RANDOM))

        def from_file() -> list[TakenOver]:
            return station.taking_over.take_file(tmp_path / "plates", passphrase)

        def from_code() -> list[TakenOver]:
            return station.taking_over.take_code(to_code([plate]))

        ways: list[Callable[[], list[TakenOver]]] = [from_file, from_code]
        first, second = ways if file_first else reversed(ways)
        found = [one.study_uid for one in first()]
        bound = station.desk.study(study).views
        assert [one.study_uid for one in second()] == found
        assert station.desk.study(study).views == bound
        assert station.desk.status().plates_unread == 1
        scanned = station.desk.scan_plate("C-1", Technique(), lambda _progress: None)
        assert (scanned is not None) == (accession == "A-1")
        again = [one.study_uid for way in ways for one in way()]
        assert again == found * 2
        assert station.desk.status().plates_unread == 0
        with station.store.reading() as questions:
            assert [one.patient_id for one in questions.handed_plates()] == ([] if accession == "A-1" else ["P-1"])


def test_a_plate_whose_study_is_begun_later_is_read_for_it_and_no_longer_unread(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        station.taking_over.take_code(to_code([of_now(station, accession="A-9")]))
        assert station.desk.status().plates_unread == 1
        read(station, begin(station, "hand-pa:R", accession="A-9"))
        assert station.desk.status().plates_unread == 0
        assert station.desk.stack().without_view == 0


def test_a_plate_of_the_future_is_refused_beyond_what_clocks_may_differ(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        now = station.clock.now().replace(second=0, microsecond=0)
        fine, late = (of_now(station, exposed_at=now + timedelta(minutes=ahead)) for ahead in (4, 10))
        with pytest.raises(Refused) as refused:
            station.taking_over.take_code(to_code([fine, late]))
        assert refused.value.code == "hand_over.in_the_future"
        assert station.desk.tray().rows == ()
        assert len(station.taking_over.take_code(to_code([fine]))) == 1
        assert station.desk.status().plates_unread == 1
        station.desk.scan_plate("C-1", Technique(), lambda _progress: None)
        assert station.desk.status().plates_unread == 0


def lay(station: Station) -> None:
    with station.store.writing() as deeds:
        lay_out(deeds, station.clock.now())


def test_another_station_finds_the_order_and_reads_the_plate(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with station_in(tmp_path / "one") as first, station_in(tmp_path / "two") as second:
        lay(first)
        lay(second)
        first.desk.arrive(HERE)
        study = first.desk.open_order(STAT_ORDER)
        view = first.desk.study(study).views[0]
        exposed_at = first.clock.now()
        first.desk.expose(view.view_id, "C-1", exposed_at)
        passphrase = first.taking_over.write(tmp_path / "plates")
        (taken,) = second.taking_over.take_file(tmp_path / "plates", passphrase)
        assert taken.study_uid is not None
        assert second.taking_over.take_file(tmp_path / "plates", passphrase) == [taken]
        (there,) = (one for one in second.desk.study(taken.study_uid).views if one.plate_id)
        assert (there.name, there.plate_id, there.exposed_at) == (view.name, "C-1", exposed_at)
        assert second.desk.scan_plate("C-1", Technique(), lambda _progress: None)
        assert second.desk.study(taken.study_uid).banner.accession == first.desk.study(study).banner.accession
        first.desk.read_elsewhere(view.view_id, "VAN3")
        assert first.desk.study(study).views[0].state is ViewState.READ_ELSEWHERE
        with pytest.raises(Refused) as nothing:
            first.taking_over.leaving()
        assert nothing.value.code == "hand_over.nothing"
        first.desk.expose(view.view_id, "C-1", exposed_at, GoingOn("undone"))
        (back,) = (one for one in first.desk.study(study).views if one.view_id == view.view_id)
        assert (back.state, back.exposed_at, back.read_elsewhere) == (ViewState.EXPOSED, exposed_at, None)


def test_a_plate_whose_order_is_not_known_is_read_into_the_tray_with_its_accession(tmp_path: Path) -> None:
    with station_in(tmp_path) as station:
        unknown, other = (
            replace(PLATE, plate_id="C-1", accession="A-9"),
            replace(PLATE, plate_id="C-2", patient_id="P-9"),
        )
        study = begin(station, "hand-pa:R")
        assert [station.taking_over.take_code(to_code([unknown]))[0].study_uid] == [None]
        passphrase = "AAAA-BBBB-CCCC-DDDD"
        (tmp_path / "plates").write_bytes(seal([other], passphrase, RANDOM))
        assert station.taking_over.take_file(tmp_path / "plates", passphrase)[0].study_uid is None
        row = next(row for row in station.desk.tray().rows if row.plate_id == "C-1")
        assert (row.state, row.since) == ("exposed", unknown.exposed_at)
        assert station.desk.status().plates_unread == 2
        assert not station.desk.status().all_safe
        for leave in (station.desk.stack().leave, station.desk.study(study).leave):
            assert [one.params["plate"] for one in leave.missing if one.code == "leave.of_another_station"] == [
                "C-1",
                "C-2",
            ]
        assert station.desk.scan_plate("C-1", Technique(), lambda _progress: None) is None
        assert station.desk.status().plates_unread == 1
        assert station.desk.stack().without_view == 1
        assert [row.state for row in station.desk.tray().rows if row.plate_id == "C-1"] == ["erased"]
        assert [row.accession for row in station.desk.unassigned().waiting] == ["A-9"]
