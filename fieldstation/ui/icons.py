"""Icons: one set of vectors (24-unit grid, 1.75 stroke, round caps), tinted when they are drawn."""

from functools import cache, lru_cache

from PySide6.QtCore import QByteArray, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from fieldstation.assets import asset


@cache
def _source(name: str) -> str:
    return asset(f"icons/{name}.svg").read_text("utf-8")


@lru_cache(maxsize=512)
def image(name: str, size: int, color: str, ratio: float) -> QImage:
    """The icon as an image, ``size`` in device-independent pixels, at a device pixel ratio."""
    pixels = round(size * ratio)
    canvas = QImage(pixels, pixels, QImage.Format.Format_ARGB32_Premultiplied)
    canvas.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", color).encode()))
    painter = QPainter(canvas)
    renderer.render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    canvas.setDevicePixelRatio(ratio)
    return canvas


def draw(painter: QPainter, name: str, center: QPointF, size: int, color: QColor) -> None:
    """Draw an icon around a point, in the painter's device resolution."""
    ratio = painter.device().devicePixelRatioF()
    corner = QPointF(round(center.x() - size / 2), round(center.y() - size / 2))
    painter.drawImage(corner, image(name, size, color.name(), ratio))
