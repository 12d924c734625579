"""The link in the last hour: what it carried in each minute, and outages as blocks. Touch one to read why."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from fieldstation.domain.link import SHOWN, Outage
from fieldstation.services.boards import LinkBoard
from fieldstation.services.words import sentence, text
from fieldstation.ui import formats, paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone

_MINUTES = 60
_WIDTH = 10 * _MINUTES
_HIGH = 40
_LEAST_BLOCK = 6
_LABELS = 5
_TOUCH = 12


def gaps_in_words(outages: Sequence[Outage], now: datetime) -> str:
    """``3 gaps, the longest 6 min``."""
    if not outages:
        return text("ui.no_gaps")
    longest = max(outage.within(now - SHOWN, now) for outage in outages)
    return text("ui.gaps", gaps=formats.counted("gaps", len(outages)), span=formats.span(longest.total_seconds()))


def outage_in_words(outage: Outage, now: datetime) -> str:
    """From when to when, for how long, and why."""
    span = formats.span(((outage.until or now) - outage.since).total_seconds())
    begin = formats.clock(outage.since)
    if outage.until is None:
        when = text("ui.gap_since", begin=begin, span=span)
    else:
        when = text("ui.gap_from_to", begin=begin, end=formats.clock(outage.until), span=span)
    return f"{when}: {sentence(outage.reason)}"


class Strip(QWidget):
    """60 minutes of 10 px, less where there is no room; the arrow keys go from one outage to the next.

    ``explained`` carries what a touched or chosen outage was.
    """

    explained = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link: LinkBoard | None = None
        self._now: datetime | None = None
        self._chosen: Outage | None = None
        self.setFixedHeight(_HIGH + 22)
        self.setMinimumWidth(6 * _MINUTES)
        self.setMaximumWidth(_WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_link(self, link: LinkBoard, now: datetime) -> None:
        """Bring it up to date."""
        if (link, now) == (self._link, self._now):
            return
        self._link, self._now = link, now
        if self._chosen not in link.outages:
            self._chosen = None
        parts = [text("ui.link_last_hour"), gaps_in_words(link.outages, now)]
        self.setAccessibleName(", ".join(parts))
        self.setAccessibleDescription("\n".join(outage_in_words(outage, now) for outage in link.outages))
        self.update()

    def sizeHint(self) -> QSize:
        """As in the measures."""
        return QSize(_WIDTH, _HIGH + 22)

    def outage_at(self, x: int) -> Outage | None:
        """The outage that is drawn there, or that a finger there means."""
        near = [(self._distance(outage, x), index) for index, outage in enumerate(self._outages)]
        distance, index = min(near, default=(_TOUCH, 0))
        return self._outages[index] if distance < _TOUCH else None

    def event(self, event: QEvent) -> bool:
        """What is under the pointer."""
        if isinstance(event, QHelpEvent):
            outage = self.outage_at(event.pos().x())
            words = outage_in_words(outage, self._now) if outage is not None and self._now is not None else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A touch says at once what a pointer says after a while."""
        self._explain(self.outage_at(event.position().toPoint().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right: from outage to outage."""
        steps = {Qt.Key.Key_Left.value: -1, Qt.Key.Key_Right.value: 1}
        step = steps.get(event.key())
        if step is None or not self._outages:
            super().keyPressEvent(event)
            return
        last = len(self._outages) - 1
        at = self._outages.index(self._chosen) + step if self._chosen is not None else last if step < 0 else 0
        self._explain(self._outages[max(0, min(at, last))])

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Nothing is chosen any more."""
        self._chosen = None
        self.update()
        super().focusOutEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Bars, blocks, the line at their foot, and the times below."""
        if self._link is None or self._now is None:
            return
        look = theme.current()
        painter = QPainter(self)
        painter.fillRect(0, _HIGH - 1, self.width(), 1, look.color(Tone.LINE))
        self._draw_minutes(painter)
        for outage in self._outages:
            self._draw_outage(painter, outage)
        for index in range(_LABELS):
            at = self._now - SHOWN + SHOWN * index / (_LABELS - 1)
            words = formats.clock(at)
            width = paint.text_width(words, Role.CAPTION) + 2
            x = round((self.width() - width) * index / (_LABELS - 1))
            paint.line(painter, QRect(x, _HIGH + 6, width, 16), words, Role.CAPTION, look.color(Tone.QUIET))
        if self.hasFocus():
            paint.box(painter, QRect(0, 0, self.width(), _HIGH), 4, None, look.color(Tone.ACTION))

    @property
    def _outages(self) -> tuple[Outage, ...]:
        return self._link.outages if self._link is not None else ()

    def _x(self, at: datetime) -> float:
        now = self._now or at
        return self.width() * (1.0 - (now - at) / SHOWN)

    def _span(self, outage: Outage) -> tuple[int, int]:
        """From where to where the block of an outage goes; a short one is still seen."""
        now = self._now or outage.since
        begin, end = max(0.0, self._x(outage.since)), self._x(outage.until or now)
        lacking = max(0.0, _LEAST_BLOCK - (end - begin)) / 2
        left = min(max(0.0, begin - lacking), self.width() - _LEAST_BLOCK)
        return round(left), round(max(end + lacking, left + _LEAST_BLOCK))

    def _distance(self, outage: Outage, x: int) -> int:
        begin, end = self._span(outage)
        return max(begin - x, x - end, 0)

    def _draw_minutes(self, painter: QPainter) -> None:
        link = self._link
        if link is None or not link.minutes:
            return
        fastest = max(one.rate for one in link.minutes) or 1.0
        width = self.width() / _MINUTES
        color = theme.current().color(Tone.QUIET)
        for one in link.minutes:
            left = self._x(one.minute)
            if left + width > 0:
                high = max(2, round((_HIGH - 4) * one.rate / fastest))
                # The minute that runs has not come to its end.
                wide = min(width, self.width() - left) - 2
                paint.box(painter, QRect(round(left) + 1, _HIGH - high, max(2, round(wide)), high), 1, color, None)

    def _draw_outage(self, painter: QPainter, outage: Outage) -> None:
        look = theme.current()
        begin, end = self._span(outage)
        block = QRect(begin, 0, end - begin, _HIGH)
        painter.fillRect(block, look.fill(Tone.BAD))
        painter.fillRect(begin, _HIGH - 3, end - begin, 3, look.color(Tone.BAD))
        if outage == self._chosen:
            paint.frame(painter, block, look.color(Tone.TEXT))
        now = self._now or outage.since
        words = formats.span(outage.within(now - timedelta(hours=1), now).total_seconds())
        if paint.text_width(words, Role.CAPTION_VALUE) + 8 <= end - begin:
            paint.line(painter, block, words, Role.CAPTION_VALUE, look.color(Tone.TEXT), paint.CENTER)

    def _explain(self, outage: Outage | None) -> None:
        self._chosen = outage
        self.update()
        if outage is not None and self._now is not None:
            self.explained.emit(outage_in_words(outage, self._now))
