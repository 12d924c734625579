"""The share of the sample desk that is about cassettes."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from fieldstation.domain.exams import Technique
from fieldstation.domain.plates import GoingOn, PlateRefused, PlateState, TakenOver
from fieldstation.domain.words import Message
from fieldstation.services.boards import ReadProgress, ViewState
from fieldstation.services.boards_plates import LoosePicture, StackBoard, TrayBoard, UnassignedBoard
from fieldstation.services.hand_over import to_code
from fieldstation.services.qr_code import modules
from tests.support.plates import radiograph
from tests.support.sample_day import NOW
from tests.support.sample_plates import todays_handed, todays_stack, todays_tray, todays_unassigned


@dataclass
class SamplePlates(ABC):
    """``concerns`` speak against every cassette that is used until somebody goes on; ``shown`` are studies opened."""

    cassettes: TrayBoard = field(default_factory=todays_tray)
    plates: StackBoard = field(default_factory=todays_stack)
    loose: UnassignedBoard = field(default_factory=lambda: UnassignedBoard(waiting=(), set_aside=()))
    concerns: tuple[Message, ...] = ()
    shown: list[str] = field(default_factory=list)
    calls: list[tuple[object, ...]] = field(default_factory=list)

    @abstractmethod
    def changed(self, *call: object) -> None: ...

    @abstractmethod
    def scan(
        self,
        study_uid: str,
        view_id: str,
        plate_id: str,
        technique: Technique,
        on_progress: Callable[[ReadProgress], None],
        going_on: GoingOn | None = None,
    ) -> str: ...

    @abstractmethod
    def _view(self, view_id: str, **changes: object) -> None: ...

    def tray(self) -> TrayBoard:
        return self.cassettes

    def stack(self) -> StackBoard:
        return self.plates

    def unassigned(self) -> UnassignedBoard:
        return self.loose

    def opened(self, study_uid: str) -> None:
        self.shown.append(study_uid)

    def plate_concerns(self, view_id: str, plate_id: str) -> tuple[Message, ...]:
        self.calls.append(("plate_concerns", view_id, plate_id))
        return self.concerns

    def pack(self, view_id: str, plate_id: str, going_on: GoingOn | None = None) -> None:
        self._settle(going_on)
        self._view(view_id, plate_id=plate_id, exposed_at=None, state=ViewState.TO_EXPOSE)
        self.changed("pack", view_id, plate_id, going_on)

    def expose(self, view_id: str, plate_id: str, at: datetime, going_on: GoingOn | None = None) -> None:
        self._settle(going_on)
        self._view(view_id, plate_id=plate_id, exposed_at=at, state=ViewState.EXPOSED)
        self.changed("expose", view_id, plate_id, at, going_on)

    def unbind(self, view_id: str, reason: str) -> None:
        self._view(view_id, plate_id=None, exposed_at=None, state=ViewState.TO_EXPOSE)
        self.changed("unbind", view_id, reason)

    def read_elsewhere(self, view_id: str, station: str) -> None:
        self._view(view_id, plate_id=None, state=ViewState.READ_ELSEWHERE, read_elsewhere=station)
        self.changed("read_elsewhere", view_id, station)

    def erase(self, plate_id: str, going_on: GoingOn | None = None) -> None:
        self._settle(going_on)
        self._cassette(plate_id, state=PlateState.ERASED, since=NOW, last_erased_at=NOW, fading=None)
        self.changed("erase", plate_id, going_on)

    def hand_over(self, file: Path) -> str:
        self.changed("hand_over", file)
        return "ABCD-EFGH-IJKL-MNOP"

    def hand_over_code(self) -> tuple[tuple[bool, ...], ...]:
        return modules(to_code([todays_handed()]))

    def take_over(self, file: Path, passphrase: str) -> Sequence[TakenOver]:
        self.changed("take_over", file, passphrase)
        return (TakenOver(plate=todays_handed(), study_uid=None),)

    def take_over_code(self, code: str) -> Sequence[TakenOver]:
        self.changed("take_over_code", code)
        return (TakenOver(plate=todays_handed(), study_uid=None),)

    def mark_cleaned(self, plate_id: str) -> None:
        self._cassette(plate_id, last_cleaned_at=NOW, notices=())
        self.changed("mark_cleaned", plate_id)

    def prompted(self) -> None:
        self.cassettes = replace(self.cassettes, prompt=None)
        self.changed("prompted")

    def scan_plate(
        self,
        plate_id: str,
        technique: Technique,
        on_progress: Callable[[ReadProgress], None],
        going_on: GoingOn | None = None,
    ) -> str | None:
        row = next((each for each in self.plates.rows if each.plate_id == plate_id), None)
        if row is None:
            self.loose = todays_unassigned()
            self.changed("scan_plate", plate_id)
            return None
        uid = self.scan(row.study_uid, row.view_id, plate_id, technique, on_progress, going_on)
        self._stacked(plate_id, state=ViewState.UNDECIDED, image_uid=uid, fading=None, in_reader=False)
        return uid

    def assign(self, scan_id: str, view_id: str, plate_id: str = "", going_on: GoingOn | None = None) -> str:
        row = next(each for each in self.loose.waiting if each.scan_id == scan_id)
        against = next(each.against for each in row.candidates if each.view_id == view_id)
        if against and going_on is None:
            raise PlateRefused(against)
        self.loose = replace(self.loose, waiting=tuple(each for each in self.loose.waiting if each != row))
        self.changed("assign", scan_id, view_id, plate_id, going_on)
        return f"i-{view_id}"

    def set_aside(self, scan_id: str, reason: str) -> None:
        row = next(each for each in self.loose.waiting if each.scan_id == scan_id)
        self.loose = UnassignedBoard(
            waiting=tuple(each for each in self.loose.waiting if each != row),
            set_aside=(*self.loose.set_aside, replace(row, set_aside=reason)),
        )
        self.changed("set_aside", scan_id, reason)

    def loose_picture(self, scan_id: str) -> LoosePicture:
        self.calls.append(("loose_picture", scan_id))
        return LoosePicture(pixels=np.asarray((-radiograph("leg")[::4, ::4] * 127).clip(0, 255), np.uint8))

    def _settle(self, going_on: GoingOn | None) -> None:
        if self.concerns and going_on is None:
            raise PlateRefused(self.concerns)

    def _stacked(self, plate_id: str, **changes: object) -> None:
        rows = tuple(
            replace(each, **changes) if each.plate_id == plate_id else each  # type: ignore[arg-type]
            for each in self.plates.rows
        )
        self.plates = replace(self.plates, rows=rows)

    def _cassette(self, plate_id: str, **changes: object) -> None:
        rows = tuple(
            replace(each, **changes) if each.plate_id == plate_id else each  # type: ignore[arg-type]
            for each in self.cassettes.rows
        )
        self.cassettes = replace(self.cassettes, rows=rows)
