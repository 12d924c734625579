"""What is written and drawn over the picture: light, with a dark outline instead of a box, so that nothing hides."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen

from fieldstation.ui.fonts import Role, font, sized

LIGHT = QColor("#F4F7FA")
_DARK = QColor(0, 0, 0, 160)
_AROUND = [(math.cos(turn * math.pi / 4), math.sin(turn * math.pi / 4)) for turn in range(8)]
_OUTLINE = 1.4
_DARKER = QColor(0, 0, 0, 235)
_LARGE = 128


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """An image and where its upper left corner lies on the screen."""

    corner: QPointF
    image: QImage


def draw_sprites(painter: QPainter, sprites: Iterable[Sprite]) -> None:
    """Draw them where they lie."""
    for sprite in sprites:
        painter.drawImage(sprite.corner, sprite.image)


# Letters are moved around instead of stroked as paths, and lines kept: most stay the same from frame to frame, and
# stroking one path takes as long as windowing the whole screen.
@lru_cache(maxsize=256)
def _drawn(text: str, key: Role | int, color: int, ratio: float) -> tuple[QImage, float, float]:
    """The line as an image, its width without the outline, and its ascent."""
    if not isinstance(key, Role):
        return _grown(text, key, color, ratio)
    used = font(key)
    metrics = QFontMetricsF(used)
    edge, around = _edge(key)
    width = metrics.horizontalAdvance(text)
    image = _clear(width + 2 * edge, metrics.height() + 2 * edge, ratio)
    origin = QPointF(edge, edge + metrics.ascent())
    painter = QPainter(image)
    painter.setFont(used)
    painter.setPen(_DARK)
    for x, y in _AROUND:
        painter.drawText(origin + QPointF(x * around, y * around), text)
    painter.setPen(QColor.fromRgba(color))
    painter.drawText(origin, text)
    painter.end()
    return image, width, metrics.ascent()


# What grows with the picture has another size in every frame of a zoom, and a font takes long to come to a new size.
def _grown(text: str, size: int, color: int, ratio: float) -> tuple[QImage, float, float]:
    letters, times = _letters(text), size / _LARGE
    edge, around = _edge(size)
    image = _clear(letters.width * times + 2 * edge, letters.height * times + 2 * edge, ratio)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(edge, edge + letters.ascent * times)
    painter.scale(times, times)
    painter.strokePath(letters.path, QPen(_DARKER, 2 * around / times, j=Qt.PenJoinStyle.RoundJoin))
    painter.fillPath(letters.path, QColor.fromRgba(color))
    painter.end()
    return image, letters.width * times, letters.ascent * times


@dataclass(frozen=True, slots=True, eq=False)
class _Letters:
    """The outline of a line, from its baseline's beginning on, and how much room it takes; in the large size."""

    path: QPainterPath
    width: float
    height: float
    ascent: float


@lru_cache(maxsize=64)
def _letters(text: str) -> _Letters:
    used, path = sized(_LARGE), QPainterPath()
    path.addText(0, 0, used, text)
    metrics = QFontMetricsF(used)
    return _Letters(path, metrics.horizontalAdvance(text), metrics.height(), metrics.ascent())


def _clear(width: float, height: float, ratio: float) -> QImage:
    image = QImage(math.ceil(width * ratio), math.ceil(height * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    return image


def _edge(key: Role | int) -> tuple[float, float]:
    around = _OUTLINE if isinstance(key, Role) else max(_OUTLINE, key / 24)
    return math.ceil(around) + 1, around


@lru_cache(maxsize=256)
def text_width(text: str, key: Role | int) -> float:
    """How wide a line is, in pixels, in a role or in the semi-bold of so many pixels."""
    if isinstance(key, Role):
        return QFontMetricsF(font(key)).horizontalAdvance(text)
    return _letters(text).width * key / _LARGE


def words(
    ratio: float,
    at: QPointF,
    text: str,
    role: Role | int,
    align: Qt.AlignmentFlag,
    color: QColor = LIGHT,
) -> Sprite:
    """One line whose baseline begins at a point, ends there or lies around it, in a role or a size in pixels."""
    image, width, ascent = _drawn(text, role, color.rgba(), ratio)
    left = at.x()
    if align & Qt.AlignmentFlag.AlignRight:
        left -= width
    elif align & Qt.AlignmentFlag.AlignHCenter:
        left -= width / 2
    edge, _ = _edge(role)
    return Sprite(QPointF(round(left) - edge, round(at.y() - ascent) - edge), image)


def figures(ratio: float, at: QPointF, text: str, role: Role, align: Qt.AlignmentFlag) -> list[Sprite]:
    """A line whose figures change from frame to frame, sign by sign: each of them has been drawn before."""
    color, (edge, _) = LIGHT.rgba(), _edge(role)
    signs = [_drawn(sign, role, color, ratio) for sign in text]
    x = at.x() - (sum(width for _, width, _ in signs) if align & Qt.AlignmentFlag.AlignRight else 0)
    sprites = []
    for image, width, ascent in signs:
        sprites.append(Sprite(QPointF(round(x) - edge, round(at.y() - ascent) - edge), image))
        x += width
    return sprites


def draw_text(
    painter: QPainter,
    at: QPointF,
    text: str,
    role: Role | int,
    align: Qt.AlignmentFlag,
    color: QColor = LIGHT,
) -> None:
    """Draw one line: see `words`."""
    draw_sprites(painter, (words(painter.device().devicePixelRatioF(), at, text, role, align, color),))


def draw_knob(painter: QPainter, at: QPointF, color: QColor, radius: float = 7) -> None:
    """Draw what an end of a line is taken by."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(_DARK, 2))
    painter.setBrush(color)
    painter.drawEllipse(QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius))
    painter.setBrush(Qt.BrushStyle.NoBrush)
