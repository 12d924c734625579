"""The quality column: exposure, findings, technique, histogram, and the verdict pinned at its foot."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from fieldstation.domain.exams import Presentation, Technique
from fieldstation.services.boards import ImageDetail
from fieldstation.services.words import text
from fieldstation.ui import formats, paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.study.findings import Findings
from fieldstation.ui.study.gauge import Gauge
from fieldstation.ui.study.guard import Guard
from fieldstation.ui.study.histogram import Histogram
from fieldstation.ui.study.technique import TechniqueEditor, TechniqueValues
from fieldstation.ui.study.verdict import VerdictBar
from fieldstation.ui.theme import Tone
from fieldstation.ui.viewer.pyramid import Pixels
from fieldstation.ui.widgets.icon import Icon
from fieldstation.ui.widgets.panel import Line, Panel
from fieldstation.ui.widgets.scroll import PageScroll
from fieldstation.ui.widgets.text import Text


@dataclass(frozen=True, slots=True)
class ExposureWords:
    """The deviation index in a word."""

    icon: str
    tone: Tone
    words: str


def exposure_words(deviation: float | None) -> ExposureWords:
    """What a deviation index means: on target to ±1, a little off to ±3, far off beyond."""
    if deviation is None:
        return ExposureWords("fault", Tone.BAD, text("ui.di_none"))
    if abs(deviation) <= 1:
        return ExposureWords("accepted", Tone.GOOD, text("ui.di_good"))
    if abs(deviation) <= 3:
        return ExposureWords("caution", Tone.CAUTION, text("ui.di_high" if deviation > 0 else "ui.di_low"))
    return ExposureWords("fault", Tone.BAD, text("ui.di_far_high" if deviation > 0 else "ui.di_far_low"))


class _Exposure(QWidget):
    """DI large, EI and target small, the gauge."""

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.addWidget(Text(text("ui.exposure"), Role.HEAD, Tone.QUIET))
        head.addStretch(1)
        self._numbers = Text("", Role.CAPTION_VALUE, Tone.QUIET)
        head.addWidget(self._numbers)
        column.addLayout(head)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(Text("DI", Role.BODY, Tone.QUIET), 0, Qt.AlignmentFlag.AlignVCenter)
        self._value = Text("", Role.NUMBER)
        row.addWidget(self._value)
        row.addStretch(1)
        self._icon = Icon("accepted", 20, Tone.GOOD)
        self._words = Text("", Role.VALUE)
        row.addWidget(self._icon)
        row.addWidget(self._words)
        column.addLayout(row)
        self._gauge = Gauge()
        column.addWidget(self._gauge)

    def show_detail(self, detail: ImageDetail) -> None:
        target = formats.number(round(detail.target_index))
        index = "–" if detail.exposure_index is None else formats.number(round(detail.exposure_index))
        self._numbers.say(text("ui.ei_and_target", ei=index, target=target))
        self._value.say("–" if detail.deviation_index is None else formats.signed(detail.deviation_index))
        words = exposure_words(detail.deviation_index)
        self._icon.show_as(words.icon, words.tone)
        self._words.say(words.words)
        self._gauge.show_value(detail.deviation_index)


class _Skeleton(QWidget):
    """Stands in for the numbers until the picture is there."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(124)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Bars where numbers and findings will be."""
        painter = QPainter(self)
        color = theme.current().skeleton()
        width = self.width()
        for x, y, w, h in (
            (0, 4, width, 8),
            (0, 26, 24, 12),
            (width // 2 - 12, 26, 24, 12),
            (width - 24, 26, 24, 12),
            (0, 60, 20, 20),
            (32, 64, round(width * 0.72), 12),
            (0, 96, 20, 20),
            (32, 100, round(width * 0.54), 12),
        ):
            paint.box(painter, self.rect().adjusted(x, y, x + w - width, y + h - self.height()), 4, color, None)


def _section(title: str, *widgets: QWidget) -> tuple[QWidget, Text]:
    """A head and what is under it; also the text at the head's right end."""
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(8)
    head = QHBoxLayout()
    head.addWidget(Text(title, Role.HEAD, Tone.QUIET))
    head.addStretch(1)
    aside = Text("", Role.CAPTION, Tone.QUIET)
    head.addWidget(aside)
    column.addLayout(head)
    for widget in widgets:
        column.addWidget(widget)
    return made, aside


class QualityColumn(Panel):
    """328 px. Either before a picture (technique to be noted) or beside one (what it is worth).

    ``pointed`` carries the number of a finding's place that is to be shown.
    """

    pointed = Signal(int)

    def __init__(self, guard: Guard, parent: QWidget | None = None) -> None:
        super().__init__(Tone.SURFACE, "l", parent)
        self.setFixedWidth(328)
        self._exposure = _Exposure()
        self._findings = Findings()
        self._findings.pointed.connect(self.pointed)
        self._values = TechniqueValues()
        self._histogram = Histogram()
        self.editor = TechniqueEditor()
        self.verdict = VerdictBar(guard)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 0, 16)
        column.setSpacing(0)
        self._beside = QWidget()
        self._scroll = PageScroll(self._beside, inset=16)
        self._line = Line()
        beside = self._stacked(self._beside)
        beside.addWidget(self._exposure)
        beside.addWidget(Line())
        beside.addWidget(_section(text("ui.findings"), self._findings)[0])
        beside.addWidget(Line())
        beside.addWidget(_section(text("ui.technique"), self._values)[0])
        beside.addWidget(self._line)
        self._hills, self._look = _section(text("ui.histogram"), self._histogram)
        beside.addWidget(self._hills)
        beside.addStretch(1)
        self._before = QWidget()
        before = self._stacked(self._before)
        waiting = QHBoxLayout()
        waiting.setSpacing(8)
        self._wait_icon = Icon("clock", 20, Tone.QUIET)
        self._wait = Text("", Role.VALUE)
        waiting.addWidget(self._wait_icon)
        waiting.addWidget(self._wait, 1)
        before.addWidget(Text(text("ui.exposure_and_findings"), Role.HEAD, Tone.QUIET))
        before.addLayout(waiting)
        self._skeleton = _Skeleton()
        before.addWidget(self._skeleton)
        before.addWidget(Line())
        technique, self._usual = _section(text("ui.technique"), self.editor)
        before.addWidget(technique)
        before.addStretch(1)
        column.addWidget(self._scroll, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(0, 0, 16, 0)
        foot.addWidget(self._before, 1)
        foot.addSpacing(16)
        foot.addWidget(self.verdict)
        column.addLayout(foot)
        self._scroll.hide()
        self._beside.installEventFilter(self)

    @staticmethod
    def _stacked(widget: QWidget) -> QVBoxLayout:
        column = QVBoxLayout(widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        return column

    def show_before(self, usual: Technique, view: str) -> None:
        """No picture yet: technique to be noted, beginning with what is usual."""
        self.editor.show_technique(usual)
        self._usual.say(text("ui.usual_for", view=view))
        self.show_reading(text("ui.waiting_for_picture"))

    def show_reading(self, words: str) -> None:
        """No picture yet; why."""
        self._wait.say(words)
        self._scroll.hide()
        self._before.show()
        self.verdict.wait()

    def show_picture(self, detail: ImageDetail, small: Pixels, trouble: str) -> None:
        """A picture is there: its numbers, and what went wrong with its read."""
        self._exposure.show_detail(detail)
        self._findings.show_findings(detail.findings, trouble)
        self._values.show_technique(detail.technique)
        self._histogram.show_pixels(small, detail.presentation)
        self._before.hide()
        self._scroll.show()
        self._make_room()

    def show_presentation(self, presentation: Presentation) -> None:
        """The window moved."""
        self._histogram.show_presentation(presentation)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """On low screens the histogram goes first, then what is fine takes one line; what is left scrolls."""
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        layout = self._beside.layout()
        if layout is None or not self._scroll.isVisibleTo(self):
            return
        width, room = self.width() - 32, self.height() - 32 - 72 - 16
        hills = self._hills.sizeHint().height() + 1 + 2 * layout.spacing()
        fine = self._findings.saved_by_folding(width)
        all_of_it = layout.totalHeightForWidth(width)
        all_of_it += hills if self._hills.isHidden() else 0
        all_of_it += fine if self._findings.folded else 0
        # Only what changes is set: everything else would ask for another layout, and that for room again.
        for widget in (self._line, self._hills):
            widget.setVisible(all_of_it <= room)
        self._findings.fold(folded=all_of_it - hills > room)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What is beside the picture has grown or shrunk."""
        if watched is self._beside and event.type() is QEvent.Type.LayoutRequest:
            self._make_room()
        return super().eventFilter(watched, event)
