"""The picture: drag for window, wheel or pinch for zoom, middle button or space for pan, double click for fit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

from fieldstation.domain.exams import Presentation
from fieldstation.services.words import text
from fieldstation.ui import paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone
from fieldstation.ui.viewer import rendering
from fieldstation.ui.viewer.overlay import draw_text
from fieldstation.ui.viewer.pyramid import Pyramid
from fieldstation.ui.viewer.rendering import Camera, Cut

_MARGIN = 12
_ZOOM_STEP = 1.2
_MOST = 8.0
_DRAG_OVER_RANGE = 400


@dataclass(frozen=True, slots=True)
class Captions:
    """What is written over the picture, line by line: top left and top right."""

    left: Sequence[str] = ()
    right: Sequence[str] = ()


@dataclass(slots=True)
class _Drag:
    start: QPointF
    last: QPointF
    before: Presentation
    pans: bool


class Viewer(QWidget):
    """Shows one picture. ``presented`` carries the presentation when a gesture that changed it has ended."""

    presented = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(text("ui.picture"))
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.setMinimumSize(320, 320)
        self._upright: Pyramid | None = None
        self._pyramid: Pyramid | None = None
        self._presentation = Presentation(window_center=0, window_width=1)
        self._first = self._presentation
        self._captions = Captions()
        self._camera = Camera(0, 0, 1)
        self._fitted = True
        self._cut: Cut | None = None
        self._shown: QImage | None = None
        self._drag: _Drag | None = None
        self._space = False

    def sizeHint(self) -> QSize:
        """As large as possible."""
        return QSize(900, 900)

    # What is shown

    def show_picture(self, pyramid: Pyramid, presentation: Presentation, captions: Captions) -> None:
        """Show another picture, whole."""
        self._upright = pyramid
        self._pyramid = pyramid.turned(presentation.quarter_turns)
        self._presentation = self._first = presentation
        self._captions = captions
        self.fit()

    def clear(self) -> None:
        """Show nothing, and let go of the picture."""
        self._upright = self._pyramid = self._cut = self._shown = None
        self._drag = None
        self.update()

    @property
    def presentation(self) -> Presentation:
        """How the picture is seen now."""
        return self._presentation

    @property
    def scale(self) -> float:
        """Screen pixels a sample."""
        return self._camera.scale

    # What the tools do

    def fit(self) -> None:
        """The whole picture."""
        self._fitted = True
        self._fit_camera()
        self._moved()

    def true_size(self) -> None:
        """One screen pixel a sample."""
        self._zoom(1 / self._camera.scale, QPointF(self.width() / 2, self.height() / 2))

    def rotate(self, quarter_turns: int) -> None:
        """Turn it, clockwise for positive numbers."""
        if self._upright is None:
            return
        turns = (self._presentation.quarter_turns + quarter_turns) % 4
        self._pyramid = self._upright.turned(turns)
        self._present(replace(self._presentation, quarter_turns=turns))
        self.fit()
        self.presented.emit(self._presentation)

    def invert(self) -> None:
        """Black for white."""
        if self._upright is not None:
            self._present(replace(self._presentation, inverted=not self._presentation.inverted))
            self.presented.emit(self._presentation)

    def reset(self) -> None:
        """As it was when it came."""
        if self._upright is None:
            return
        self._pyramid = self._upright.turned(self._first.quarter_turns)
        self._present(self._first)
        self.fit()
        self.presented.emit(self._presentation)

    # Inside

    def _fit_camera(self) -> None:
        if self._pyramid is not None:
            width, height = self._device_size()
            self._camera = rendering.fit(self._pyramid.columns, self._pyramid.rows, width, height)

    def _device_size(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))

    def _moved(self) -> None:
        self._cut = self._shown = None
        self.update()

    def _present(self, presentation: Presentation) -> None:
        self._presentation = presentation
        self._shown = None
        self.update()

    def _zoom(self, factor: float, around: QPointF) -> None:
        if self._pyramid is None:
            return
        whole = rendering.fit(self._pyramid.columns, self._pyramid.rows, *self._device_size()).scale
        scale = min(max(self._camera.scale * factor, min(whole, 1.0)), _MOST)
        self._fitted = scale <= whole
        if self._fitted:
            self._fit_camera()
        else:
            ratio = self.devicePixelRatioF()
            dx, dy = around.x() - self.width() / 2, around.y() - self.height() / 2
            self._camera = self._camera.zoomed(scale / self._camera.scale, dx * ratio, dy * ratio)
        self._moved()

    def _pan(self, by: QPointF) -> None:
        ratio = self.devicePixelRatioF()
        self._camera = self._camera.moved(by.x() * ratio, by.y() * ratio)
        self._fitted = False
        self._moved()

    def _rendered(self) -> QImage | None:
        if self._pyramid is None:
            return None
        if self._cut is None:
            self._cut = rendering.cut_out(self._pyramid, self._camera, *self._device_size())
        if self._cut is None:
            return None
        if self._shown is None:
            grey = rendering.windowed(self._cut.pixels, rendering.table(self._presentation))
            rows, columns = grey.shape
            # The image keeps a reference to the buffer it was made from.
            self._shown = QImage(grey.data, columns, rows, columns, QImage.Format.Format_Grayscale8)
            self._shown.setDevicePixelRatio(self.devicePixelRatioF())
        return self._shown

    # Events

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Black, the picture, what is written over it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        image = self._rendered()
        if image is not None and self._cut is not None:
            ratio = self.devicePixelRatioF()
            painter.drawImage(QPointF(self._cut.left / ratio, self._cut.top / ratio), image)
        if self._pyramid is not None:
            self._draw_captions(painter)
        if self.hasFocus():
            paint.frame(painter, self.rect(), theme.NIGHT.color(Tone.ACTION))

    def _draw_captions(self, painter: QPainter) -> None:
        right = self.width() - _MARGIN
        for lines, x, align in (
            (self._captions.left, _MARGIN, Qt.AlignmentFlag.AlignLeft),
            (self._captions.right, right, Qt.AlignmentFlag.AlignRight),
        ):
            for index, line in enumerate(lines):
                role = Role.NAME if index == 0 else Role.CAPTION_VALUE
                draw_text(painter, x, _MARGIN + 14 + index * 20, line, role, align)
        bottom = self.height() - _MARGIN - 3
        percent = round(self._camera.scale * 100)
        zoom = text("ui.zoom_fit", n=percent) if self._fitted else text("ui.zoom", n=percent)
        draw_text(painter, _MARGIN, bottom, zoom, Role.CAPTION_VALUE, Qt.AlignmentFlag.AlignLeft)
        width, center = round(self._presentation.window_width), round(self._presentation.window_center)
        window = text("ui.window", w=width, l=center)
        draw_text(painter, right, bottom, window, Role.CAPTION_VALUE, Qt.AlignmentFlag.AlignRight)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A fitted picture stays fitted."""
        super().resizeEvent(event)
        if self._fitted:
            self._fit_camera()
        self._moved()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag."""
        if self._pyramid is None:
            return
        pans = event.button() is Qt.MouseButton.MiddleButton or self._space
        self._drag = _Drag(event.position(), event.position(), self._presentation, pans)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Window or pan."""
        drag = self._drag
        if drag is None:
            return
        if drag.pans:
            self._pan(event.position() - drag.last)
            drag.last = event.position()
            return
        moved = event.position() - drag.start
        step = max(1.0, drag.before.window_width) / _DRAG_OVER_RANGE
        self._present(
            replace(
                self._presentation,
                window_width=max(2.0, drag.before.window_width + moved.x() * step),
                window_center=drag.before.window_center - moved.y() * step,
            )
        )

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """The gesture has ended."""
        drag, self._drag = self._drag, None
        if drag is not None and self._presentation != drag.before:
            self.presented.emit(self._presentation)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Fit."""
        self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom to the pointer."""
        self._zoom(_ZOOM_STEP ** (event.angleDelta().y() / 120), event.position())

    def event(self, event: QEvent) -> bool:
        """Pinch with two fingers, on a screen or on a touch pad; moving both pans."""
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self._drag = None
                center = QPointF(self.mapFromGlobal(pinch.centerPoint()))
                self._pan(pinch.centerPoint() - pinch.lastCenterPoint())
                self._zoom(pinch.scaleFactor(), center)
                event.accept(pinch)
                return True
        if isinstance(event, QNativeGestureEvent) and event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
            self._zoom(1 + event.value(), event.position())
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """While space is down, dragging pans."""
        if event.key() == Qt.Key.Key_Space:
            self._space = True
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space is up again."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
        else:
            super().keyReleaseEvent(event)
