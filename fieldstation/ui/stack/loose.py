"""Scans that belong to no view: what each looks like, and to whose view it goes, or why it is set aside."""

from collections.abc import Callable

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QStackedWidget, QVBoxLayout, QWidget

from fieldstation.domain.exams import ScanState
from fieldstation.services.boards_plates import Candidate, LoosePicture, UnassignedBoard, UnassignedRow
from fieldstation.services.words import person_name, sentence, text
from fieldstation.ui import formats
from fieldstation.ui.fonts import Role, font
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button
from fieldstation.ui.widgets.empty import Empty
from fieldstation.ui.widgets.panel import Card
from fieldstation.ui.widgets.scroll import PageScroll
from fieldstation.ui.widgets.text import Paragraph, Text

ASIDE = ("ui.aside_test", "ui.aside_empty", "ui.aside_other_station")
"""The usual reasons for setting a scan aside."""


class Glimpse(QWidget):
    """What the scan roughly looks like, on black."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self.setFixedSize(144, 168)

    def show_picture(self, picture: LoosePicture) -> None:
        """Show it, as large as fits."""
        rows, columns = picture.pixels.shape
        data = picture.pixels.tobytes()
        whole = QImage(data, columns, rows, columns, QImage.Format.Format_Grayscale8)
        ratio = self.devicePixelRatioF()
        self._image = whole.scaled(
            QSize(round(144 * ratio), round(168 * ratio)),
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        self._image.setDevicePixelRatio(ratio)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Black, and the picture in the middle."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        if self._image:
            size = self._image.deviceIndependentSize().toSize()
            place = QRect((self.width() - size.width()) // 2, (self.height() - size.height()) // 2, 0, 0).topLeft()
            painter.drawImage(place, self._image)


def whose(candidate: Candidate) -> str:
    """``Mueller, Anna · Chest lateral``."""
    return formats.joined(person_name(candidate.patient_name), candidate.view_name)


class LooseCard(Card):
    """One scan. ``assigned`` carries a `Candidate` and a plate ID that was typed, ``set_aside`` a reason."""

    assigned = Signal(object, str)
    set_aside = Signal(str)

    def __init__(self, row: UnassignedRow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = row
        across = QHBoxLayout(self)
        across.setContentsMargins(16, 16, 16, 16)
        across.setSpacing(20)
        self.glimpse = Glimpse()
        across.addWidget(self.glimpse)
        words = QVBoxLayout()
        words.setSpacing(6)
        words.addWidget(Text(self.name, Role.PAGE))
        words.addWidget(Paragraph(sentence(row.why)))
        part = text("ui.part_read", percent=formats.percent(row.fraction)) if row.state is ScanState.PARTIAL else ""
        facts = formats.joined(
            text("ui.read_at", time=formats.clock(row.read_at)), formats.plate_size(row.plate_size), part
        )
        words.addWidget(Text(facts, Role.BODY, Tone.QUIET))
        labels = formats.joined(
            text("ui.label_accession", value=row.accession) if row.accession else "",
            text("ui.label_patient", value=row.patient_id) if row.patient_id else "",
        )
        words.addWidget(Text(labels or text("ui.no_labels"), Role.BODY, Tone.QUIET))
        words.addStretch(1)
        across.addLayout(words, 1)
        across.addLayout(self._deeds())

    @property
    def name(self) -> str:
        """Its cassette, in words."""
        plate = self.row.plate_id
        return text("ui.cassette_named", plate=plate) if plate else text("ui.cassette_nameless")

    def _deeds(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(12)
        self.plate = QLineEdit()
        self.plate.setFont(font(Role.VALUE))
        self.plate.setFixedHeight(44)
        self.plate.setMaxLength(64)
        self.plate.setPlaceholderText(text("ui.which_cassette"))
        self.plate.setAccessibleName(text("ui.which_cassette"))
        self.plate.setVisible(not self.row.plate_id and bool(self.row.candidates))
        column.addWidget(self.plate)
        best = self.row.candidates[0] if self.row.candidates else None
        self.assign = Button(text("ui.assign_to"), caption=whose(best) if best else text("ui.no_view_waits"), height=56)
        self.assign.setMinimumWidth(312)
        self.assign.setEnabled(best is not None)
        if best:
            self.assign.clicked.connect(lambda: self.assigned.emit(best, self.plate.text().strip()))
        column.addWidget(self.assign)
        self.others = self._menu_button(text("ui.another_view"), "next", self._candidates_menu)
        self.others.setEnabled(len(self.row.candidates) > 1)
        self.others.setAccessibleName(formats.joined(text("ui.another_view"), self.name))
        self.aside = self._menu_button(text("ui.set_aside"), "minus", self._aside_menu)
        self.aside.setAccessibleName(formats.joined(text("ui.set_aside"), self.name))
        below = QHBoxLayout()
        below.setSpacing(12)
        below.addWidget(self.others, 1)
        below.addWidget(self.aside, 1)
        column.addLayout(below)
        column.addStretch(1)
        return column

    def _menu_button(self, words: str, icon: str, fill: Callable[[QMenu], None]) -> Button:
        button = Button(words, icon=icon)

        def pop() -> None:
            menu = QMenu(button)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            fill(menu)
            menu.popup(button.mapToGlobal(button.rect().bottomLeft()))

        button.clicked.connect(pop)
        return button

    def _candidates_menu(self, menu: QMenu) -> None:
        for candidate in self.row.candidates[1:]:
            action = menu.addAction(formats.joined(whose(candidate), candidate.accession))
            action.triggered.connect(
                lambda _checked, each=candidate: self.assigned.emit(each, self.plate.text().strip())
            )

    def _aside_menu(self, menu: QMenu) -> None:
        for reason in ASIDE:
            words = text(reason)
            menu.addAction(words).triggered.connect(lambda _checked, words=words: self.set_aside.emit(words))


class Loose(QWidget):
    """``assigned`` carries scan ID, `Candidate` and plate ID, ``set_aside`` scan ID and reason; ``glimpse`` a scan ID.

    ``glimpse`` asks for a picture, which `show_picture` then brings.
    """

    assigned = Signal(str, object, str)
    set_aside = Signal(str, str)
    glimpse = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._board: UnassignedBoard | None = None
        self._pictures: dict[str, LoosePicture] = {}
        self.cards: list[LooseCard] = []
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(24, 0, 0, 24)
        self._column.setSpacing(12)
        self._aside = Text("", Role.BODY, Tone.QUIET)
        self._column.addWidget(self._aside)
        self._column.addStretch(1)
        self._stack = QStackedWidget()
        self._stack.addWidget(Empty("accepted", text("ui.none_unassigned"), text("ui.none_unassigned_next")))
        self._stack.addWidget(PageScroll(inside))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)

    def show_board(self, board: UnassignedBoard) -> None:
        """Bring it up to date."""
        if board == self._board:
            return
        self._board = board
        self._stack.setCurrentIndex(1 if board.waiting or board.set_aside else 0)
        for old in self.cards:
            old.hide()
            old.deleteLater()
        self.cards = [LooseCard(row) for row in board.waiting]
        for place, card in enumerate(self.cards):
            scan_id = card.row.scan_id
            card.assigned.connect(lambda to, plate, scan_id=scan_id: self.assigned.emit(scan_id, to, plate))
            card.set_aside.connect(lambda reason, scan_id=scan_id: self.set_aside.emit(scan_id, reason))
            self._column.insertWidget(place, card)
            if scan_id in self._pictures:
                card.glimpse.show_picture(self._pictures[scan_id])
        if self.isVisible():
            self._ask_for_pictures()
        self._aside.say(formats.counted("set_aside", len(board.set_aside)) if board.set_aside else "")

    def showEvent(self, event: QShowEvent) -> None:
        """Pictures are made for those who look."""
        super().showEvent(event)
        self._ask_for_pictures()

    def _ask_for_pictures(self) -> None:
        for card in self.cards:
            if card.row.scan_id not in self._pictures:
                self.glimpse.emit(card.row.scan_id)

    def show_picture(self, scan_id: str, picture: LoosePicture) -> None:
        """The picture that was asked for."""
        self._pictures[scan_id] = picture
        for card in self.cards:
            if card.row.scan_id == scan_id:
                card.glimpse.show_picture(picture)
