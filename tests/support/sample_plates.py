"""The cassettes of the made-up day, for tests of the screens."""

from fieldstation.domain.exams import ScanState
from fieldstation.domain.plates import HandedPlate, PlateState
from fieldstation.domain.views import OrderedView
from fieldstation.domain.words import Message
from fieldstation.services.boards import LeaveLight, SendCell, ViewState
from fieldstation.services.boards_plates import (
    Candidate,
    StackBoard,
    StackRow,
    TrayBoard,
    TrayRow,
    UnassignedBoard,
    UnassignedRow,
)
from tests.support.sample_day import CHEST, LATERAL, MUELLER, USUAL, at


def tray_row(plate_id: str, state: PlateState, **changes: object) -> TrayRow:
    """A cassette of the register."""
    values: dict[str, object] = {
        "plate_id": plate_id,
        "size": "35CMX43CM",
        "state": state,
        "since": at(7, 30),
        "cycles": 412,
        "in_service_at": at(7, 0).replace(year=2023),
        "last_erased_at": at(7, 30),
        "last_cleaned_at": at(7, 0).replace(month=9),
        "study_uid": None,
        "view_id": None,
        "patient_name": "",
        "view_name": "",
        "fading": None,
        "notices": (),
    }
    return TrayRow(**{**values, **changes})  # type: ignore[arg-type]


def todays_tray() -> TrayBoard:
    """A cassette in every state; one with dust."""
    anna = {"study_uid": MUELLER, "patient_name": "Mueller^Anna"}
    faded = Message("plate.fading", {"waited": "14 min", "percent": 5})
    dust = Message("plate.dust_recurs", {"plate": "C-0151", "count": 3, "of": 5})
    return TrayBoard(
        rows=(
            tray_row(
                "C-0147",
                PlateState.EXPOSED,
                since=at(10, 30),
                view_id=LATERAL,
                view_name="Chest lateral",
                fading=faded,
                **anna,
            ),
            tray_row("C-0133", PlateState.READ, since=at(10, 12), size="24CMX30CM"),
            tray_row("C-0160", PlateState.ERASE_DUE, since=at(7, 30).replace(day=12), size="18CMX24CM"),
            tray_row("C-0155", PlateState.PACKED, since=None, view_id=CHEST, view_name="Chest PA", **anna),
            tray_row("C-0151", PlateState.ERASED, since=at(10, 20), notices=(dust,)),
        ),
        prompt=Message("tray.erase_first", {"count": 1, "hours": 24}),
        reader_notice=None,
    )


def stack_row(plate_id: str, view_id: str, name: str, patient: str, **changes: object) -> StackRow:
    """A plate of the stack."""
    values: dict[str, object] = {
        "plate_id": plate_id,
        "study_uid": MUELLER,
        "view_id": view_id,
        "patient": patient,
        "patient_name": patient,
        "view_name": name,
        "accession": "A-251014-07",
        "facility": "Maple Court Nursing",
        "state": ViewState.EXPOSED,
        "exposed_at": at(10, 30),
        "fading": Message("plate.fading", {"waited": "14 min", "percent": 5}),
        "usual": USUAL,
        "image_uid": None,
        "in_reader": False,
    }
    return StackRow(**{**values, **changes})  # type: ignore[arg-type]


def todays_stack() -> StackBoard:
    """Six plates of three patients; the first is in the reader."""
    anna, jean, omar = "Mueller^Anna", "Baptiste^Jean", "Haddad^Omar"
    return StackBoard(
        stop_id="s2",
        facility="Maple Court Nursing",
        rows=(
            stack_row("C-0147", LATERAL, "Chest lateral", anna, in_reader=True),
            stack_row("C-0142", CHEST, "Chest PA", anna, exposed_at=at(10, 28)),
            stack_row("C-0150", "v-jean-1", "Abdomen AP", jean, study_uid="2.25.6", exposed_at=at(10, 34)),
            stack_row("C-0152", "v-jean-2", "Abdomen lateral", jean, study_uid="2.25.6", exposed_at=at(10, 36)),
            stack_row("C-0158", "v-omar-1", "Knee AP, left", omar, study_uid="2.25.7", exposed_at=at(10, 40)),
            stack_row(
                "C-0159",
                "v-omar-2",
                "Knee lateral, left",
                omar,
                study_uid="2.25.7",
                state=ViewState.UNDECIDED,
                exposed_at=at(10, 41),
                fading=None,
                image_uid="i-omar-2",
            ),
        ),
        reader_plate_id="C-0147",
        without_view=0,
        leave=LeaveLight(missing=(Message("leave.other_patient", {"name": "Mueller", "count": 2}),)),
        send=SendCell(accepted=2, needed=8, to_send=2, seconds=110.0, undo_until=None),
    )


def todays_handed() -> HandedPlate:
    """A plate of another station."""
    return HandedPlate(
        plate_id="C-0301",
        size="35CMX43CM",
        accession="A-251014-31",
        patient_id="",
        view=OrderedView("chest-pa"),
        exposed_at=at(10, 5),
        station="VAN7",
    )


def todays_unassigned() -> UnassignedBoard:
    """One scan that may be Anna's, one that names nobody, one set aside."""
    other = Message("unassigned.other_plate", {"plate": "C-0199", "other": "C-0147"})
    row = UnassignedRow(
        scan_id="u-1",
        plate_id="C-0199",
        accession="A-251014-07",
        patient_id="",
        plate_size="35CMX43CM",
        read_at=at(10, 38),
        state=ScanState.DURABLE,
        fraction=1.0,
        why=Message("unassigned.no_match"),
        candidates=(
            Candidate(
                study_uid=MUELLER,
                view_id=LATERAL,
                patient_name="Mueller^Anna",
                view_name="Chest lateral",
                accession="A-251014-07",
                against=(other,),
            ),
        ),
        set_aside=None,
    )
    nameless = UnassignedRow(
        scan_id="u-2",
        plate_id="",
        accession="",
        patient_id="",
        plate_size="24CMX30CM",
        read_at=at(10, 40),
        state=ScanState.PARTIAL,
        fraction=0.62,
        why=Message("unassigned.no_label"),
        candidates=(),
        set_aside=None,
    )
    aside = UnassignedRow(
        scan_id="u-0",
        plate_id="C-0133",
        accession="",
        patient_id="",
        plate_size="24CMX30CM",
        read_at=at(8, 5),
        state=ScanState.DURABLE,
        fraction=1.0,
        why=Message("unassigned.no_match"),
        candidates=(),
        set_aside="test exposure",
    )
    return UnassignedBoard(waiting=(row, nameless), set_aside=(aside,))
