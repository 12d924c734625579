"""The picture under a hand: drag to window, wheel or pinch to zoom, middle button or space to pan, double tap to fit.

What the tools in the hand put on the picture is in `fieldstation.ui.viewer.editor`.
"""

from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QNativeGestureEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

from fieldstation.domain.exams import Box, Presentation
from fieldstation.ui.viewer import rendering
from fieldstation.ui.viewer.canvas import Canvas, Sheet
from fieldstation.ui.viewer.sight import Sight, sight_of

_ZOOM_STEP = 1.2
_MOST = 8.0
_DRAG_OVER_RANGE = 400
_STEP = 24.0
_WINDOW_KEYS = {
    Qt.Key.Key_Left: QPointF(-_STEP, 0),
    Qt.Key.Key_Right: QPointF(_STEP, 0),
    Qt.Key.Key_Up: QPointF(0, -_STEP),
    Qt.Key.Key_Down: QPointF(0, _STEP),
}


@dataclass(slots=True)
class _Drag:
    start: QPointF
    last: QPointF
    before: Presentation
    pans: bool


class Viewer(Canvas):
    """Shows one picture. ``presented`` carries the presentation when a gesture or a tool that changed it has ended.

    ``sighted`` carries how the picture is looked at, at every step of a gesture.
    """

    presented = Signal(object)
    sighted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.setMouseTracking(True)
        self._drag: _Drag | None = None
        self._space = False

    # What the tools do

    def show_sheet(self, sheet: Sheet, presentation: Presentation) -> None:
        """Show another picture, whole."""
        self._drag = None
        self.lay(sheet, presentation)

    def clear(self) -> None:
        """Show nothing, and let go of the picture."""
        self._drag = None
        self.lay(None)

    def change(self, presentation: Presentation) -> None:
        """Show it otherwise, and tell."""
        if self.sheet is not None and presentation != self.presentation:
            self.see(presentation)
            self._tell_sight()
            self.presented.emit(presentation)

    def fit(self) -> None:
        """The whole picture."""
        self._fitted = True
        self._fit_camera()
        self._looked()

    def one_to_one(self) -> None:
        """One screen pixel a sample."""
        self._zoom_to(1.0, self._middle())

    def true_size(self) -> None:
        """As large on the screen as on the plate."""
        self._zoom_to(self._true_scale(), self._middle())

    def zoom(self, steps: float) -> None:
        """Nearer for positive numbers, around the middle."""
        self._zoom(_ZOOM_STEP**steps, self._middle())

    def look_at(self, box: Box) -> None:
        """A place in the middle, with as much again around it, and no further away than the whole picture."""
        if self.sheet is None:
            return
        seen = self.lens.box(box)
        room = min(self.width() / max(seen.width(), 1), self.height() / max(seen.height(), 1)) / 3
        self.pan(self._middle() - seen.center())
        self._zoom(min(max(room, 1.0), 4.0), self._middle())

    def rotate(self, quarter_turns: int) -> None:
        """Turn it, clockwise for positive numbers."""
        turns = (self.presentation.quarter_turns + quarter_turns) % 4
        self.change(replace(self.presentation, quarter_turns=turns))

    def invert(self) -> None:
        """Black for white."""
        self.change(replace(self.presentation, inverted=not self.presentation.inverted))

    def window_as(self, other: Presentation) -> None:
        """The window of another presentation."""
        self.change(replace(self.presentation, window_center=other.window_center, window_width=other.window_width))

    def reset(self) -> None:
        """As the processing would have it, with nothing on it."""
        if self.sheet is not None:
            self.change(self.sheet.automatic)
            self.fit()

    @property
    def loupe(self) -> bool:
        """Whether the magnifier is out."""
        return self._loupe_at is not None

    def show_loupe(self, *, shown: bool) -> None:
        """Take the magnifier out, or put it away. It follows the pointer."""
        under = QPointF(self.mapFromGlobal(self.cursor().pos()))
        inside = self.rect().contains(under.toPoint())
        self._loupe_at = (under if inside else self._middle()) if shown else None
        self.update()

    @property
    def sight(self) -> Sight | None:
        """How the picture is looked at."""
        if self.sheet is None:
            return None
        made = sight_of(self.presentation, self.sheet.automatic, self._camera, self._part, self.sheet.pitch_mm)
        return replace(made, per_mm=None) if self._fitted else made

    def look(self, sight: Sight) -> None:
        """Look as at another picture; tells nobody."""
        if self.sheet is None:
            return
        self.see(sight.window(self.presentation, self.sheet.automatic))
        camera = sight.camera(self._part, self.sheet.pitch_mm)
        self._fitted = camera is None
        if camera is None:
            self._fit_camera()
        else:
            self._camera = camera
        self._moved()

    # Inside

    def _middle(self) -> QPointF:
        return QPointF(self.width() / 2, self.height() / 2)

    def _tell_sight(self) -> None:
        sight = self.sight
        if sight is not None:
            self.sighted.emit(sight)

    def _looked(self) -> None:
        self._moved()
        self._tell_sight()

    def _zoom(self, factor: float, around: QPointF) -> None:
        """Zooming out ends at the whole picture, or at its own pixels where those are smaller."""
        if self.sheet is not None:
            whole = self._whole_scale()
            self._zoom_to(min(max(self.scale * factor, min(whole, 1.0)), max(_MOST, whole)), around)

    def _whole_scale(self) -> float:
        return rendering.fit(self._part, *self._device_size()).scale

    def _zoom_to(self, scale: float, around: QPointF) -> None:
        if self.sheet is None:
            return
        self._fitted = abs(scale / self._whole_scale() - 1) < 1e-6
        if self._fitted:
            self._fit_camera()
        else:
            ratio = self.devicePixelRatioF()
            away = (around - self._middle()) * ratio
            self._camera = self._camera.zoomed(scale / self.scale, away.x(), away.y())
        self._looked()

    def pan(self, by: QPointF) -> None:
        """Push the picture by so many pixels; some of it always stays in sight."""
        ratio = self.devicePixelRatioF()
        camera = self._camera.moved(by.x() * ratio, by.y() * ratio)
        part = self._part
        self._camera = replace(
            camera, x=min(max(camera.x, part.left), part.right), y=min(max(camera.y, part.top), part.bottom)
        )
        self._fitted = False
        self._looked()

    def _window_by(self, before: Presentation, moved: QPointF) -> None:
        step = max(1.0, before.window_width) / _DRAG_OVER_RANGE
        self.see(
            replace(
                self.presentation,
                window_width=max(2.0, before.window_width + moved.x() * step),
                window_center=before.window_center - moved.y() * step,
            )
        )
        self._tell_sight()

    # Events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag."""
        if self.sheet is None or self._drag is not None:
            return
        pans = event.button() is Qt.MouseButton.MiddleButton or self._space
        self._drag = _Drag(event.position(), event.position(), self.presentation, pans)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Window or pan; the magnifier follows."""
        if self._loupe_at is not None:
            self._loupe_at = event.position()
            self.update()
        drag = self._drag
        if drag is None:
            return
        if drag.pans:
            self.pan(event.position() - drag.last)
            drag.last = event.position()
        else:
            self._window_by(drag.before, event.position() - drag.start)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """The gesture has ended."""
        drag, self._drag = self._drag, None
        if drag is not None and self.presentation != drag.before:
            self.presented.emit(self.presentation)

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
                self.abandon()
                self.pan(pinch.centerPoint() - pinch.lastCenterPoint())
                self._zoom(pinch.scaleFactor(), QPointF(self.mapFromGlobal(pinch.centerPoint())))
                event.accept(pinch)
                return True
        if isinstance(event, QNativeGestureEvent) and event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
            self._zoom(1 + event.value(), event.position())
            return True
        return super().event(event)

    def abandon(self) -> None:
        """A second finger came down: what the first one began was not meant."""
        drag, self._drag = self._drag, None
        if drag is not None and not drag.pans:
            self.see(drag.before)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A picture beside it keeps the same view."""
        super().resizeEvent(event)
        self._tell_sight()

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

    def take_key(self, event: QKeyEvent) -> bool:
        """Window with the arrow keys, pan with Ctrl and the arrow keys; whether the key was taken."""
        step = _WINDOW_KEYS.get(Qt.Key(event.key()))
        if step is None or self.sheet is None:
            return False
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.pan(-step * 2)
        else:
            self._window_by(self.presentation, step)
            self.presented.emit(self.presentation)
        return True
