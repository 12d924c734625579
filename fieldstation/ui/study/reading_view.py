"""The picture while its plate is read: built up from the top."""

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from fieldstation.services.words import text
from fieldstation.ui import formats, paint
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import NIGHT, Tone
from fieldstation.ui.viewer.canvas import Captions
from fieldstation.ui.viewer.overlay import draw_text
from fieldstation.ui.widgets.button import Button, Kind

_MARGIN = 12
_PORTRAIT = 43 / 35
_NUMBERS = 48 + 12 + 24 + 8 + 20
_UNDER_NUMBERS = 20 + 44 + 12


class ReadingView(QWidget):
    """Black; the lines that came, a blue scan line, and in the rest of the plate how far it is."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(text("ui.reading"))
        self.setMinimumSize(320, 320)
        self._preview: QImage | None = None
        self._fraction = 0.0
        self._seconds: float | None = None
        self._captions = Captions()
        self.cancel = Button(text("ui.cancel_read"), Kind.SECONDARY, icon="close", parent=self)
        self.cancel.clicked.connect(self.cancelled)

    def show_captions(self, captions: Captions) -> None:
        """What is written over the picture."""
        self._captions = captions
        self.update()

    def show_progress(self, preview: QImage | None, fraction: float, seconds: float | None) -> None:
        """How far it is; ``seconds`` are left, None where that is not known yet."""
        goes_on, from_row = preview is self._preview, self._unsettled()
        self._preview, self._fraction, self._seconds = preview, fraction, seconds
        if goes_on:
            self.update(0, from_row, self.width(), self.height() - from_row)
        else:
            self.update()

    def _unsettled(self) -> int:
        """From where on the next lines change the screen: the scan line, and the numbers that reach above it."""
        plate = self._plate()
        edge = plate.top() + round(plate.height() * self._fraction)
        return max(0, min(edge - _NUMBERS, self.height() - _NUMBERS - _UNDER_NUMBERS))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the button at the foot of the plate."""
        super().resizeEvent(event)
        size = self.cancel.sizeHint()
        self.cancel.setGeometry((self.width() - size.width()) // 2, self.height() - 20 - 44, size.width(), 44)

    def _plate(self) -> QRect:
        ratio = _PORTRAIT
        if self._preview is not None:
            ratio = self._preview.height() / self._preview.width()
        height = min(self.height(), round(self.width() * ratio))
        width = min(self.width(), round(height / ratio))
        return QRect((self.width() - width) // 2, (self.height() - height) // 2, width, height)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw lines, scan line, outline, numbers."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        plate = self._plate()
        come = round(plate.height() * self._fraction)
        if self._preview is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            rows = self._preview.height() * self._fraction
            # Not rounded, so that the lines that are there already stay where they are to the fraction of a pixel.
            target = QRectF(plate.left(), plate.top(), plate.width(), plate.height() * self._fraction)
            painter.drawImage(target, self._preview, QRectF(0, 0, self._preview.width(), rows))
        edge = plate.top() + come
        rest = QRect(plate.left(), edge, plate.width(), plate.bottom() - edge)
        if rest.height() > 2:
            painter.setPen(NIGHT.color(Tone.LINE))
            painter.drawRect(rest.adjusted(0, 0, -1, 0))
            painter.fillRect(plate.left(), edge - 1, plate.width(), 2, NIGHT.color(Tone.ACTION))
        for lines, x, align in (
            (self._captions.left, _MARGIN, Qt.AlignmentFlag.AlignLeft),
            (self._captions.right, self.width() - _MARGIN, Qt.AlignmentFlag.AlignRight),
        ):
            for index, line in enumerate(lines):
                role = Role.NAME if index == 0 else Role.CAPTION_VALUE
                draw_text(painter, QPointF(x, _MARGIN + 14 + index * 20), line, role, align)
        self._draw_numbers(painter, rest)

    def _draw_numbers(self, painter: QPainter, rest: QRect) -> None:
        # In the middle of what is still to come; where that has become too small, over the picture at its foot.
        middle = rest.center().y() - 20
        top = min(max(middle - _NUMBERS // 2, 0), self.height() - _NUMBERS - _UNDER_NUMBERS)
        percent = formats.percent(self._fraction)
        left = text("ui.seconds_left", span=formats.span(self._seconds)) if self._seconds is not None else ""
        calm = text("ui.every_line_saved")
        y = top
        for line, role, tone, gap in (
            (percent, Role.PERCENT, Tone.TEXT, 12),
            (left, Role.TITLE, Tone.TEXT, 8),
            (calm, Role.BODY, Tone.QUIET, 0),
        ):
            place = QRect(0, y, self.width(), role.line)
            if top < rest.top() and line:
                width = paint.text_width(line, role)
                baseline = y + role.line * 0.76
                draw_text(
                    painter, QPointF((self.width() - width) / 2, baseline), line, role, Qt.AlignmentFlag.AlignLeft
                )
            else:
                paint.line(painter, place, line, role, QColor(NIGHT.base[tone]), paint.CENTER)
            y += role.line + gap
