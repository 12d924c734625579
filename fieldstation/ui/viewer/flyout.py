"""The tools of a group: a list that opens beside the strip and closes with the next touch."""

from collections.abc import Collection, Sequence
from typing import cast

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from fieldstation.services.words import text
from fieldstation.ui import icons, paint
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import NIGHT, Tone
from fieldstation.ui.viewer.toolbox import ToolFace
from fieldstation.ui.widgets.focus import FocusButton

_ROW = 52
_INSET = 8
_WIDEST = 400
_REASONS = {False: Qt.FocusReason.MouseFocusReason, True: Qt.FocusReason.OtherFocusReason}


class FlyoutRow(FocusButton):
    """One tool: icon, words, key; a check where it is on."""

    def __init__(self, face: ToolFace, parent: QWidget, *, on: bool) -> None:
        super().__init__(parent)
        self.face = face
        self._on = on
        self.setText(text(f"ui.do_{face.code}"))
        self.setAccessibleName(self.text())
        self.setFixedHeight(_ROW)

    @property
    def wanted(self) -> int:
        """How wide it has to be."""
        return 56 + paint.text_width(self.text(), Role.VALUE) + 24 + paint.text_width(self.face.key, Role.CAPTION) + 44

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        enabled = self.isEnabled()
        if enabled and (self.isDown() or self.underMouse()):
            paint.box(painter, self.rect(), 6, NIGHT.hovered(Tone.RAISED), None)
        color = NIGHT.color(Tone.TEXT) if enabled else NIGHT.mixed(Tone.QUIET, 60, over=Tone.RAISED)
        icons.draw(painter, self.face.icon, QPointF(28, _ROW / 2), 24, color)
        words = QRect(56, 0, self.width() - 64, _ROW)
        paint.line(painter, words, self.text(), Role.VALUE, color)
        quiet = NIGHT.color(Tone.QUIET)
        paint.line(painter, words.adjusted(0, 0, -8, 0), self.face.key, Role.CAPTION, quiet, paint.RIGHT)
        if self._on:
            key = paint.text_width(self.face.key, Role.CAPTION)
            icons.draw(painter, "check", QPointF(self.width() - 32 - key, _ROW / 2), 20, NIGHT.color(Tone.ACTION))
        self.draw_ring(painter, self.rect().adjusted(2, 2, -2, -2), 6, NIGHT.color(Tone.ACTION))


class Flyout(QWidget):
    """``used`` carries a tool's name. A touch anywhere else, or Escape, closes it.

    It opens over everything in the window, since a toast would take the touches that are meant for its rows.
    """

    used = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(_INSET, _INSET, _INSET, _INSET)
        self._column.setSpacing(0)
        self._ground = parent
        self._opener: FocusButton | None = None
        self.group = ""
        self.hide()

    @property
    def rows(self) -> list[FlyoutRow]:
        """Its rows, from the top."""
        found = [self._column.itemAt(place) for place in range(self._column.count())]
        return [row for each in found if each is not None and isinstance(row := each.widget(), FlyoutRow)]

    def open(
        self,
        group: str,
        faces: Sequence[ToolFace],
        opener: FocusButton,
        *,
        on: Collection[str] = (),
        off: Collection[str] = (),
    ) -> None:
        """Show tools to the left of what opened them; ``on`` are checked, ``off`` cannot be used now."""
        while (item := self._column.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for face in faces:
            row = FlyoutRow(face, self, on=face.name in on)
            row.setEnabled(face.name not in off)
            row.clicked.connect(lambda _checked, name=face.name: self._choose(name))
            self._column.addWidget(row)
        self.group, self._opener = group, opener
        window, ground = self._ground.window(), self._ground
        self.setParent(window)
        width = min(max(row.wanted for row in self.rows) + 2 * _INSET, _WIDEST)
        height = len(faces) * _ROW + 2 * _INSET
        corner = opener.mapTo(window, QPoint(0, 0))
        highest = ground.mapTo(window, QPoint(0, 4)).y()
        top = min(max(corner.y(), highest), max(highest, highest + ground.height() - height - 8))
        self.setGeometry(corner.x() - width - 4, top, width, height)
        self.show()
        self.raise_()
        first = next((row for row in self.rows if row.isEnabled()), None)
        if first is not None:
            first.setFocus(_REASONS[opener.by_keyboard])

    def show_ring(self) -> None:
        """Show which row has the focus: a key has opened it."""
        for row in self.rows:
            row.show_ring()

    def shut(self) -> None:
        """Close it; the focus goes back to what opened it, and is as visible there."""
        if self.isVisible():
            by_keyboard = any(row.by_keyboard for row in self.rows)
            self.hide()
            if self._opener is not None:
                self._opener.setFocus(_REASONS[by_keyboard])

    def _choose(self, name: str) -> None:
        self.shut()
        self.used.emit(name)

    def showEvent(self, event: QShowEvent) -> None:
        """Watch for touches elsewhere."""
        super().showEvent(event)
        cast("QApplication", QApplication.instance()).installEventFilter(self)

    def hideEvent(self, event: QHideEvent) -> None:
        """Watch no longer."""
        super().hideEvent(event)
        cast("QApplication", QApplication.instance()).removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A touch elsewhere closes it; the one that opened it does only that."""
        if event.type() is QEvent.Type.MouseButtonPress and isinstance(watched, QWidget) and watched.isVisible():
            if watched is self._opener and isinstance(event, QMouseEvent):
                self.shut()
                return True
            if watched is not self and not self.isAncestorOf(watched):
                self.hide()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes it, Enter uses the tool that has the focus; other keys are for the picture."""
        if event.key() == Qt.Key.Key_Escape:
            self.shut()
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            for row in self.rows:
                if row.hasFocus():
                    row.click()
        else:
            QApplication.sendEvent(self._ground, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A raised box."""
        paint.box(QPainter(self), self.rect(), 8, NIGHT.color(Tone.RAISED), NIGHT.outline())
