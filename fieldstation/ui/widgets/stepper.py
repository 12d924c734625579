"""A value with minus and plus, and a choice of two or more words."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from fieldstation.ui import formats, icons, paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone


class Stepper(QWidget):
    """A number that moves along fixed steps: touch minus or plus, or use the arrow keys."""

    changed = Signal(float)

    def __init__(self, name: str, steps: Sequence[float], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._steps = tuple(steps)
        self._value: float | None = None
        self.setFixedHeight(56)
        self.setMinimumWidth(136)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)

    @property
    def value(self) -> float | None:
        """What is noted; None where nothing is."""
        return self._value

    def sizeHint(self) -> QSize:
        """As in the measures: 142 by 56."""
        return QSize(142, 56)

    def show_value(self, value: float | None) -> None:
        """Show a value without saying that it changed."""
        self._value = value
        self.setAccessibleDescription("" if value is None else formats.number(value))
        self.update()

    def step(self, direction: int) -> None:
        """Move to the next step up (1) or down (−1)."""
        if self._value is None:
            self._move(self._steps[len(self._steps) // 2])
        elif direction > 0:
            self._move(next((s for s in self._steps if s > self._value), self._value))
        else:
            self._move(next((s for s in reversed(self._steps) if s < self._value), self._value))

    def _move(self, value: float) -> None:
        self.show_value(value)
        self.changed.emit(value)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Minus is the left third, plus the right third."""
        if event.position().x() < self.width() / 3:
            self.step(-1)
        elif event.position().x() > self.width() * 2 / 3:
            self.step(1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows; plus and minus are left to barcode scanners, whose words have them."""
        if event.key() in {Qt.Key.Key_Right, Qt.Key.Key_Up}:
            self.step(1)
        elif event.key() in {Qt.Key.Key_Left, Qt.Key.Key_Down}:
            self.step(-1)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw minus, value, plus."""
        look = theme.current()
        painter = QPainter(self)
        focus = self.hasFocus()
        outline = look.color(Tone.ACTION) if focus else look.outline()
        paint.box(painter, self.rect(), 8, look.color(Tone.BACKGROUND), outline, 2 if focus else 1)
        middle = self.height() / 2
        quiet = Tone.TEXT if self.isEnabled() else Tone.QUIET
        icons.draw(painter, "minus", QPointF(24, middle), 20, look.color(quiet))
        icons.draw(painter, "plus", QPointF(self.width() - 24, middle), 20, look.color(quiet))
        shown = "–" if self._value is None else formats.number(self._value)
        paint.line(painter, self.rect(), shown, Role.TITLE, look.color(quiet), paint.CENTER)


class Choice(QWidget):
    """One of a few words."""

    changed = Signal(str)

    def __init__(self, name: str, options: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        """``options`` are (value, word)."""
        super().__init__(parent)
        self._options = tuple(options)
        self._value: str | None = None
        self.setFixedHeight(56)
        self.setMinimumWidth(136)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)

    @property
    def value(self) -> str | None:
        """The chosen value."""
        return self._value

    def sizeHint(self) -> QSize:
        """As a stepper."""
        return QSize(142, 56)

    def show_value(self, value: str | None) -> None:
        """Show a value without saying that it changed."""
        if value is not None and all(value != known for known, _ in self._options):
            self._options = (*self._options[:1], (value, value))
        self._value = value
        self.setAccessibleDescription(value or "")
        self.update()

    def _choose(self, index: int) -> None:
        self.show_value(self._options[index][0])
        self.changed.emit(self._value)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The word under the finger."""
        for index, cell in enumerate(self._places()):
            if cell.left() <= event.position().x() <= cell.right():
                self._choose(index)

    def _places(self) -> list[QRect]:
        # A longer word gets more of the room.
        widths = [paint.text_width(word, Role.NAME) + 12 for _, word in self._options]
        room, places, x = self.width() - 8, [], 4.0
        for width in widths:
            share = room * width / sum(widths)
            places.append(QRect(round(x), 4, round(share), self.height() - 8))
            x += share
        return places

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows and space go to the next word."""
        keys = {Qt.Key.Key_Right: 1, Qt.Key.Key_Space: 1, Qt.Key.Key_Left: -1}
        if event.key() not in keys:
            super().keyPressEvent(event)
            return
        values = [value for value, _ in self._options]
        index = values.index(self._value) if self._value in values else -1
        self._choose((index + keys[Qt.Key(event.key())]) % len(values))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the words; the chosen one stands on the text colour."""
        look = theme.current()
        painter = QPainter(self)
        focus = self.hasFocus()
        outline = look.color(Tone.ACTION) if focus else look.outline()
        paint.box(painter, self.rect(), 8, look.color(Tone.BACKGROUND), outline, 2 if focus else 1)
        for cell, (value, word) in zip(self._places(), self._options, strict=True):
            chosen = value == self._value
            if chosen:
                paint.box(painter, cell, 6, look.color(Tone.TEXT), None)
            color = look.color(Tone.SURFACE if chosen else Tone.TEXT)
            paint.line(painter, cell, word, Role.NAME if chosen else Role.VALUE, color, paint.CENTER)
