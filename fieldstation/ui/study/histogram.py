"""The histogram of the picture with its window."""

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from fieldstation.domain.exams import Presentation
from fieldstation.ui import theme
from fieldstation.ui.theme import Tone

_BINS = 96


class Histogram(QWidget):
    """72 px high: how often each value occurs, and from where to where the window goes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heights: npt.NDArray[np.float64] = np.zeros(_BINS)
        self._low = 0.0
        self._high = 1.0
        self._presentation: Presentation | None = None
        self.setFixedHeight(72)

    def sizeHint(self) -> QSize:
        """As wide as the column."""
        return QSize(296, 72)

    def show_pixels(self, pixels: npt.NDArray[np.uint16], presentation: Presentation) -> None:
        """Count the values of a small version of the picture."""
        self._low, self._high = (float(each) for each in np.percentile(pixels, (0.1, 99.9)))
        span = max(1.0, self._high - self._low) * 0.08
        self._low, self._high = self._low - span, self._high + span
        counts, _ = np.histogram(pixels, bins=_BINS, range=(self._low, self._high))
        # Air beside the patient would make everything else invisible: the scale is that of the common values.
        smooth = np.convolve(counts.astype(np.float64), (0.25, 0.5, 0.25), mode="same")
        top = float(np.percentile(smooth[smooth > 0], 96)) if (smooth > 0).any() else 1.0
        self._heights = np.minimum(smooth / top, 1.0)
        self.show_presentation(presentation)

    def show_presentation(self, presentation: Presentation) -> None:
        """Move the window."""
        self._presentation = presentation
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the hills, then the ramp of the window."""
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width, height = float(self.width()), float(self.height() - 1)
        hills = QPainterPath(QPointF(0, height))
        for index, value in enumerate(self._heights):
            hills.lineTo(index / (_BINS - 1) * width, height - float(value) * (height - 4))
        hills.lineTo(width, height)
        painter.fillPath(hills, look.mixed(Tone.QUIET, 45))
        if self._presentation is None:
            return
        half = self._presentation.window_width / 2
        ends = [
            (value - self._low) / (self._high - self._low) * width
            for value in (self._presentation.window_center - half, self._presentation.window_center + half)
        ]
        painter.setPen(QPen(look.color(Tone.QUIET), 1, Qt.PenStyle.DashLine))
        for x in ends:
            painter.drawLine(QPointF(x, 0), QPointF(x, height))
        bottom, top = (0.0, height) if self._presentation.inverted else (height, 0.0)
        painter.setPen(QPen(look.color(Tone.TEXT), 1.5))
        painter.drawLine(QPointF(ends[0], bottom), QPointF(ends[1], top))
