"""One view as a card: thumbnail, name, state, cassette; under it the tries that were rejected."""

from datetime import datetime

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from fieldstation.services.boards import ViewCard, ViewState
from fieldstation.services.words import text
from fieldstation.ui import formats, icons, paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button, Kind
from fieldstation.ui.widgets.focus import FocusButton

THUMB = QSize(64, 80)

_STATES = {
    ViewState.TO_EXPOSE: ("planned", Tone.QUIET),
    ViewState.EXPOSED: ("exposed", Tone.CAUTION),
    ViewState.PARTIAL: ("partial", Tone.BAD),
    ViewState.UNDECIDED: ("undecided", Tone.ACTION),
    ViewState.ACCEPTED: ("accepted", Tone.GOOD),
    ViewState.REJECTED: ("retake", Tone.CAUTION),
    ViewState.READ_ELSEWHERE: ("accepted", Tone.QUIET),
}


class _Face(FocusButton):
    """The card itself."""

    def __init__(self, card: ViewCard, parent: QWidget) -> None:
        super().__init__(parent)
        self.card = card
        self.now: datetime | None = None
        self.thumb: QImage | None = None
        self.reading: float | None = None
        self.setCheckable(True)
        self.setFixedHeight(104)

    def sizeHint(self) -> QSize:
        """As in the measures."""
        return QSize(240, 104)

    def nextCheckState(self) -> None:
        """Whether it is the current one is decided by the page."""

    def state(self) -> tuple[str, Tone, str]:
        """Icon, tone and word of the view's state."""
        if self.reading is not None:
            return "reader", Tone.ACTION, formats.reading(self.reading)
        if self.card.packed:
            return "cassette", Tone.ACTION, text("ui.plate_packed")
        icon, tone = _STATES[self.card.state]
        return icon, tone, text(f"ui.view_{self.card.state.replace('-', '_')}")

    def cassette(self) -> str:
        """The cassette, and how long ago it was exposed where it still waits; or the station that reads it."""
        if self.card.read_elsewhere:
            return text("ui.at_station", station=self.card.read_elsewhere)
        age = ""
        if self.card.state is ViewState.EXPOSED and self.card.exposed_at and self.now:
            age = formats.span((self.now - self.card.exposed_at).total_seconds())
        return formats.joined(self.card.plate_id or "", age)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw box, thumbnail, three lines."""
        look = theme.current()
        painter = QPainter(self)
        chosen = self.isChecked()
        ground = look.color(Tone.RAISED if chosen else Tone.SURFACE)
        if not chosen and (self.underMouse() or self.isDown()):
            ground = look.hovered(Tone.SURFACE)
        outline = look.color(Tone.ACTION if chosen else Tone.LINE)
        paint.box(painter, self.rect(), 8, ground, outline, 2 if chosen else 1)
        self._draw_thumb(painter, QRect(12, 12, THUMB.width(), THUMB.height()))
        x, width = 88, self.width() - 88 - 8
        name = self.card.name
        paint.line(painter, QRect(x, 12, width, 20), name, Role.NAME, look.color(Tone.TEXT))
        icon, tone, word = self.state()
        icons.draw(painter, icon, QPointF(x + 10, 50), 20, look.color(tone))
        paint.line(painter, QRect(x + 26, 40, width - 26, 20), word, Role.CAPTION_VALUE, look.color(Tone.TEXT))
        paint.line(painter, QRect(x, 68, width - 40, 16), self.cassette(), Role.CAPTION, look.color(Tone.QUIET))
        self.draw_ring(painter, self.rect().adjusted(4, 4, -4, -4), 6, look.color(Tone.ACTION))

    def _draw_thumb(self, painter: QPainter, rect: QRect) -> None:
        painter.save()
        clip = QPainterPath()
        clip.addRoundedRect(rect, 4, 4)
        painter.setClipPath(clip)
        painter.fillRect(rect, Qt.GlobalColor.black)
        if self.thumb is not None:
            painter.drawImage(rect.topLeft(), self.thumb)
        else:
            center = QPointF(rect.center()) + QPointF(0.5, 0.5)
            icons.draw(painter, "cassette", center, 24, theme.NIGHT.color(Tone.QUIET))
        painter.restore()


class _Tries(QWidget):
    """A tab hung under the card: what was rejected before."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = ""
        self.setFixedHeight(44)

    def say(self, words: str) -> None:
        """Name the tries; nothing hides the tab."""
        self._words = words
        self.setVisible(bool(words))
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A tab without an upper edge."""
        look = theme.current()
        painter = QPainter(self)
        painter.setClipRect(self.rect())
        tab = self.rect().adjusted(12, -12, -12, 0)
        paint.box(painter, tab, 8, look.color(Tone.BACKGROUND), look.color(Tone.LINE))
        icons.draw(painter, "retake", QPointF(34, 22), 20, look.color(Tone.QUIET))
        words = QRect(52, 0, self.width() - 72, 44)
        paint.line(painter, words, self._words, Role.CAPTION, look.color(Tone.QUIET))


class ViewCardWidget(QWidget):
    """A view with its rejected tries. ``take_back`` asks to take the verdict back."""

    chosen = Signal()
    take_back = Signal()

    def __init__(self, card: ViewCard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._face = _Face(card, self)
        self._tries = _Tries(self)
        column.addWidget(self._face)
        column.addWidget(self._tries)
        self._back = Button("", Kind.GHOST, icon="undo", parent=self)
        self._back.setFixedSize(44, 44)
        self._back.clicked.connect(self.take_back)
        self._face.clicked.connect(self.chosen)

    @property
    def card(self) -> ViewCard:
        """What it shows."""
        return self._face.card

    @property
    def face(self) -> FocusButton:
        """What is touched to choose the view."""
        return self._face

    @property
    def back(self) -> Button:
        """Takes the verdict back."""
        return self._back

    def show_card(self, card: ViewCard, now: datetime) -> None:
        """Bring it up to date."""
        self._face.card = card
        self._face.now = now
        tries = ""
        if card.rejected:
            reason = text(f"ui.reason_{card.rejected[-1].reason}").lower()
            count = len(card.rejected)
            tries = text("ui.try_rejected" if count == 1 else "ui.tries_rejected", n=count, reason=reason)
        self._tries.say(tries)
        decided = card.state in {ViewState.ACCEPTED, ViewState.REJECTED} and card.image_uid is not None
        self._back.setVisible(decided)
        self._back.setAccessibleName(text("ui.take_back_of", view=card.name))
        self._back.setToolTip(text("ui.take_back"))
        self._name()
        self._face.update()

    def show_thumb(self, thumb: QImage | None) -> None:
        """Show a small picture, 64 by 80 in device-independent pixels."""
        self._face.thumb = thumb
        self._face.update()

    def show_reading(self, fraction: float | None) -> None:
        """How much of its plate is read now; None when none is."""
        if fraction != self._face.reading:
            self._face.reading = fraction
            self._name()
            self._face.update()

    def choose(self, chosen: bool) -> None:  # noqa: FBT001 - a state, not a mode
        """Show whether it is the current one."""
        self._face.setChecked(chosen)
        self._face.update()

    def pass_time(self, now: datetime) -> None:
        """The age of an exposed plate grows."""
        self._face.now = now
        if self.card.state is ViewState.EXPOSED:
            self._face.update()

    def _name(self) -> None:
        name = self.card.name
        self._face.setAccessibleName(formats.joined(name, self._face.state()[2], self._face.cassette()))
        self._face.setToolTip(name)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the corner button in its corner."""
        super().resizeEvent(event)
        self._back.move(self.width() - 44 - 2, 104 - 44 - 2)
        self._back.raise_()
