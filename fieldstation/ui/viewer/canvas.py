"""The picture on its black ground, at any zoom and window, with what lies over it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPainterPath, QPaintEvent, QPen, QRegion, QResizeEvent
from PySide6.QtWidgets import QWidget

from fieldstation.domain.annotations import Area
from fieldstation.domain.exams import Box, Presentation
from fieldstation.services.words import text
from fieldstation.ui import paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import NIGHT, Tone
from fieldstation.ui.viewer import rendering
from fieldstation.ui.viewer.items import Item, items_of
from fieldstation.ui.viewer.lens import Lens
from fieldstation.ui.viewer.marks import color_of, cover, draw_knobs, strokes_of, words_of
from fieldstation.ui.viewer.overlay import LIGHT, Sprite, draw_sprites, figures, words
from fieldstation.ui.viewer.places import Outline, numbers, place_strokes, region_strokes, region_words
from fieldstation.ui.viewer.pyramid import Pyramid
from fieldstation.ui.viewer.rendering import Camera, Cut, Renderer
from fieldstation.ui.viewer.screen import Screen, screen_of
from fieldstation.ui.viewer.strokes import Frame, Stroke

_MARGIN = 12
_REST_MS = 150
_LOUPE = 240
_LOUPE_LIFT = 40
_LOUPE_TIMES = 3.0
_MM_PER_INCH = 25.4
_NOTHING = Presentation(window_center=0, window_width=1)


@dataclass(frozen=True, slots=True)
class Captions:
    """What is written over the picture, line by line: top left and top right."""

    left: Sequence[str] = ()
    right: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """A picture for the viewer. ``pyramid`` is as the plate was read, ``pitch_mm`` apart its samples at the plate.

    ``automatic`` is how the processing would have it seen. ``places`` are those of the findings, in the order of
    their numbers; ``region`` outlines where the exposure index was measured.
    """

    pyramid: Pyramid
    pitch_mm: float
    automatic: Presentation
    captions: Captions = Captions()
    places: Sequence[Box] = ()
    region: Sequence[Outline] = ()


class Canvas(QWidget):
    """Draws a sheet as it is presented. It takes no input."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(text("ui.picture"))
        self.setMinimumSize(240, 320)
        self._sheet: Sheet | None = None
        self._laid: Pyramid | None = None
        self._part = Area(0, 0, 1, 1)
        self._presentation = _NOTHING
        self._camera = Camera(0, 0, 1)
        self._fitted = True
        self._renderer, self._loupe_renderer = Renderer(), Renderer()
        self._loupe_frame = Frame()
        self._cut: Cut | None = None
        self._colors = rendering.no_colors()
        self._hasty = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._on_rest)
        self._frame = Frame()
        self._with_region = False
        self._with_places = True
        self._loupe_at: QPointF | None = None
        self._chosen: int | None = None
        self._drawn_for: object = None
        self._lines: list[Stroke] = []
        self._words: list[Sprite] = []

    def sizeHint(self) -> QSize:
        """As large as possible."""
        return QSize(900, 900)

    @property
    def sheet(self) -> Sheet | None:
        """What is shown."""
        return self._sheet

    @property
    def presentation(self) -> Presentation:
        """How the picture is seen now."""
        return self._presentation

    @property
    def scale(self) -> float:
        """Screen pixels a sample."""
        return self._camera.scale

    def lay(self, sheet: Sheet | None, presentation: Presentation = _NOTHING) -> None:
        """Show another sheet, whole; None shows nothing and lets go of the picture."""
        self._sheet, self._laid, self._chosen, self._drawn_for = sheet, None, None, None
        self._presentation = presentation
        if sheet is not None:
            self._lay_out()
        self._fitted = True
        self._fit_camera()
        self._rest.stop()
        self._hasty = False
        self._cut_anew()

    def see(self, presentation: Presentation) -> None:
        """Show the same sheet otherwise."""
        before, self._presentation = self._presentation, presentation
        self.update()
        if self._sheet is not None and _lies(before) != _lies(presentation):
            self._lay_out()
            self._fitted = True
            self._fit_camera()
            self._moved()

    def show_region(self, *, shown: bool) -> None:
        """Outline where the exposure index was measured, or not."""
        self._with_region = shown
        self.update()

    def show_places(self, *, shown: bool) -> None:
        """Mark the places of the findings, or not."""
        self._with_places = shown
        self.update()

    @property
    def lens(self) -> Lens:
        """How the plate is seen now. Only with a sheet."""
        upright = self._sheet.pyramid if self._sheet else None
        rows, columns = (upright.rows, upright.columns) if upright else (1, 1)
        return Lens(
            replace(self._presentation, crop=None).placement(rows, columns),
            self._camera,
            float(self.width()),
            float(self.height()),
            self.devicePixelRatioF(),
            self._sheet.pitch_mm if self._sheet else 1.0,
        )

    # Camera

    def _lay_out(self) -> None:
        if self._sheet is not None:
            upright = self._sheet.pyramid
            self._laid = upright.laid(self._presentation.placement(upright.rows, upright.columns))
            self._part = rendering.shown_part(self._presentation, upright)

    def _device_size(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))

    def _fit_camera(self) -> None:
        if self._laid is not None:
            self._camera = rendering.fit(self._part, *self._device_size())

    def _true_scale(self) -> float:
        """Screen pixels a sample at which a millimetre at the plate is one on the screen, as the screen tells it."""
        per_inch = self.screen().physicalDotsPerInch() * self.devicePixelRatioF()
        return per_inch / _MM_PER_INCH * (self._sheet.pitch_mm if self._sheet else 1.0)

    def _moved(self) -> None:
        # In motion nobody sees the finest detail, and to bring twice as many samples to size takes twice as long: a
        # picture that moves again before it has rested is made from the nearest level, and made anew when it rests.
        self._hasty = self._rest.isActive()
        if self.isVisible():
            self._rest.start()
        self._cut_anew()

    def _cut_anew(self) -> None:
        self._cut = None
        self.update()

    def _on_rest(self) -> None:
        self._rest.stop()
        if self._hasty:
            self._hasty = False
            self._cut_anew()

    def hideEvent(self, event: QHideEvent) -> None:
        """Out of sight it rests."""
        super().hideEvent(event)
        self._on_rest()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A fitted picture stays fitted."""
        super().resizeEvent(event)
        if self._fitted:
            self._fit_camera()
        self._moved()

    # Painting

    def _seen(self) -> Cut | None:
        """What of the picture is on the screen; None where nothing is."""
        if self._laid is not None and self._cut is None:
            level = (self._laid.level_near if self._hasty else self._laid.level_for)(self._camera.scale)
            self._cut = self._renderer.cut_out(level, self._part, self._camera, *self._device_size())
        return self._cut

    def paintEvent(self, event: QPaintEvent) -> None:
        """Black, the picture, what lies over it."""
        painter = QPainter(self)
        cut, lens = self._seen(), self.lens
        if cut is None:
            painter.fillRect(self.rect(), Qt.GlobalColor.black)
        else:
            # What lies over a part of the canvas is not painted anew, and must not be written over.
            free = event.region() == QRegion(self.rect())
            self._draw_picture(painter, lens, cut, screen_of(painter, QSize(*self._device_size())) if free else None)
        if self._sheet is not None:
            self._draw_words(painter, lens)
        if self.hasFocus():
            paint.frame(painter, self.rect(), theme.NIGHT.color(Tone.ACTION))

    def _draw_picture(self, painter: QPainter, lens: Lens, cut: Cut, screen: Screen | None) -> None:
        ratio = lens.ratio
        rows, columns = cut.pixels.shape
        area = QRectF(cut.left / ratio, cut.top / ratio, columns / ratio, rows / ratio)
        # Black only where the picture is not: filling the whole screen takes as long as windowing it.
        if not area.contains(QRectF(self.rect())):
            cover(painter, lens, QRectF(area.toAlignedRect()).adjusted(1, 1, -1, -1), QColor(Qt.GlobalColor.black))
        colors, strokes = rendering.colors(self._presentation, self._colors), self.strokes(lens)
        if screen is None:
            self._frame.draw(painter, cut, colors, strokes, ratio)
        else:
            self._frame.fill(screen, cut, colors, strokes, ratio)
        if self._presentation.shutter is not None:
            cover(painter, lens, lens.area(self._presentation.shutter), QColor(Qt.GlobalColor.black))

    def _in_sight(self, lens: Lens) -> QRectF:
        """Where the picture is on the screen, without what is cropped or covered."""
        shown = lens.placement.area_to_plate(self._part)
        shutter = self._presentation.shutter
        return lens.area(shown.overlap(shutter) if shutter is not None else shown)

    def strokes(self, lens: Lens) -> Sequence[Stroke]:
        """All lines over the picture."""
        self._draw_up(lens)
        return self._lines

    def _draw_up(self, lens: Lens) -> None:
        """What lies over the picture, once: it stays the same while only the window is dragged."""
        items, sheet = items_of(self._presentation), self._sheet
        seen = (self._presentation.shutter, self._presentation.flipped, self._fitted)
        key = (lens, items, seen, self._chosen, self._with_region, self._with_places)
        if sheet is not None and key != self._drawn_for:
            self._drawn_for, self._lines = key, self._drawn(sheet, items, lens)
            self._words = [*self._written(sheet, items, lens), *self._captions(sheet.captions, lens)]

    def _drawn(self, sheet: Sheet, items: Sequence[Item], lens: Lens) -> list[Stroke]:
        lines = region_strokes(lens, sheet.region) if self._with_region else []
        for index, item in enumerate(items):
            lines += strokes_of(lens, item, color_of(chosen=index == self._chosen))
        if self._with_places:
            lines += place_strokes(lens, sheet.places, self._in_sight(lens))
        return lines

    def _written(self, sheet: Sheet, items: Sequence[Item], lens: Lens) -> list[Sprite]:
        made = [region_words(lens)] if self._with_region else []
        for index, item in enumerate(items):
            made += words_of(lens, item, color_of(chosen=index == self._chosen))
        if self._with_places:
            made += numbers(lens, sheet.places, self._in_sight(lens))
        return made

    def _draw_words(self, painter: QPainter, lens: Lens) -> None:
        self._draw_up(lens)
        draw_sprites(painter, self._words)
        draw_sprites(painter, self._window_words(lens))
        items = items_of(self._presentation)
        if self._chosen is not None and self._chosen < len(items):
            draw_knobs(painter, lens, items[self._chosen])
        self.draw_work(painter, lens)
        if self._loupe_at is not None:
            self._draw_loupe(painter, lens, self._loupe_at)

    def draw_work(self, painter: QPainter, lens: Lens) -> None:
        """What is being drawn up; for those who take input."""

    def _captions(self, captions: Captions, lens: Lens) -> list[Sprite]:
        made, ratio, right = [], lens.ratio, self.width() - _MARGIN
        for lines, x, align in (
            (captions.left, _MARGIN, Qt.AlignmentFlag.AlignLeft),
            (captions.right, right, Qt.AlignmentFlag.AlignRight),
        ):
            for index, line in enumerate(lines):
                role = Role.NAME if index == 0 else Role.CAPTION_VALUE
                made.append(words(ratio, QPointF(x, _MARGIN + 14 + index * 20), line, role, align))
        if self._presentation.flipped is not None:
            told = text(f"ui.flipped_{self._presentation.flipped.replace('-', '_')}")
            baseline, amber = _MARGIN + 14 + len(captions.left) * 20, NIGHT.color(Tone.CAUTION)
            left = Qt.AlignmentFlag.AlignLeft
            made.append(words(ratio, QPointF(_MARGIN, baseline), told, Role.NAME, left, amber))
        zoom_at = QPointF(_MARGIN, self._foot())
        return made + figures(ratio, zoom_at, self._zoom_words(), Role.CAPTION_VALUE, Qt.AlignmentFlag.AlignLeft)

    def _window_words(self, lens: Lens) -> list[Sprite]:
        width, center = round(self._presentation.window_width), round(self._presentation.window_center)
        told, at = text("ui.window", w=width, l=center), QPointF(self.width() - _MARGIN, self._foot())
        return figures(lens.ratio, at, told, Role.CAPTION_VALUE, Qt.AlignmentFlag.AlignRight)

    def _foot(self) -> float:
        return self.height() - _MARGIN - 3

    def _zoom_words(self) -> str:
        percent = round(self._camera.scale * 100)
        if self._fitted:
            return text("ui.zoom_fit", n=percent)
        if abs(self._camera.scale / self._true_scale() - 1) < 1e-3:
            return text("ui.zoom_true", n=percent)
        return text("ui.zoom", n=percent)

    def _draw_loupe(self, painter: QPainter, lens: Lens, at: QPointF) -> None:
        if self._laid is None:
            return
        ratio, size = self.devicePixelRatioF(), min(_LOUPE, self.width(), self.height())
        center = lens.placement.to_shown(lens.to_plate(at))
        camera = Camera(center.x, center.y, self._camera.scale * _LOUPE_TIMES)
        pixels = round(size * ratio)
        level = self._laid.level_for(camera.scale)
        cut = self._loupe_renderer.cut_out(level, self._part, camera, pixels, pixels)
        place = _loupe_place(at, size, self.width(), self.height())
        painter.save()
        ring = QPainterPath()
        ring.addEllipse(place)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(ring, Qt.GlobalColor.black)
        painter.setClipPath(ring)
        if cut is not None:
            corner = place.topLeft() * ratio
            moved = replace(cut, left=cut.left + round(corner.x()), top=cut.top + round(corner.y()))
            self._loupe_frame.draw(painter, moved, rendering.colors(self._presentation, self._colors), (), ratio)
        painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(LIGHT, 2))
        painter.drawEllipse(place)
        painter.restore()


def _lies(presentation: Presentation) -> tuple[int, bool, Area | None]:
    return presentation.quarter_turns % 4, presentation.flipped is not None, presentation.crop


def _loupe_place(at: QPointF, size: float, width: float, height: float) -> QRectF:
    """Above the finger, so that it does not hide what it asks for; below it where there is no room above."""
    x = min(max(at.x() - size / 2, 0), width - size)
    above = at.y() - size - _LOUPE_LIFT
    return QRectF(x, above if above >= 0 else min(at.y() + _LOUPE_LIFT, height - size), size, size)
