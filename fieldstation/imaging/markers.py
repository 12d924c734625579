"""Digital side markers: how they look, and putting them into the pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from fieldstation.domain.annotations import MARKER_INITIALS_MM, MARKER_LETTER_MM, Area, SideMarker
from fieldstation.domain.errors import Refused

Cover = npt.NDArray[np.uint8]

_OUTLINE_MM = 0.9
_GAP_MM = 2.5
_PROBE_SIZE = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Stamp:
    """A side marker as it is drawn, antialiased: how much of each pixel its letters and their dark outline cover.

    ``ink`` and ``outline`` have the same shape (rows, columns), 0 to 255; the outline lies under the ink too.
    ``row`` and ``column`` are where the middle of the letter is in them.
    """

    ink: Cover
    outline: Cover
    row: float
    column: float

    def area_at(self, x: float, y: float) -> Area:
        """The whole pixels that it covers when the middle of its letter is at (x, y)."""
        rows, columns = self.ink.shape
        left, top = round(x - self.column), round(y - self.row)
        return Area(left, top, left + columns, top + rows)


@lru_cache(maxsize=8)
def stamp(side: str, initials: str, pitch_mm: float, font: Path) -> Stamp:
    """The marker of a side, upright, as it lies in a picture of that pitch at the plate."""
    letter = _font(font, MARKER_LETTER_MM / pitch_mm)
    small = _font(font, MARKER_INITIALS_MM / pitch_mm)
    outline = max(1, round(_OUTLINE_MM / pitch_mm))
    margin = outline + 1
    width, height = _size(letter, side)
    below_width, below_height = _size(small, initials) if initials else (0, 0)
    columns = max(width, below_width) + 2 * margin
    below = height + round(_GAP_MM / pitch_mm)
    rows = (below + below_height if initials else height) + 2 * margin
    covers = []
    for stroke in (0, outline):
        image = Image.new("L", (columns, rows), 0)
        draw = ImageDraw.Draw(image)
        _write(draw, letter, side, (columns / 2, margin), stroke)
        if initials:
            _write(draw, small, initials, (columns / 2, margin + below), stroke)
        cover = np.asarray(image, np.uint8).copy()
        cover.setflags(write=False)
        covers.append(cover)
    return Stamp(ink=covers[0], outline=covers[1], row=margin + height / 2, column=columns / 2)


def burn(
    pixels: npt.NDArray[np.uint16],
    markers: Sequence[tuple[SideMarker, float, float]],
    visible: Area,
    pitch_mm: float,
    font: Path,
) -> npt.NDArray[np.uint16]:
    """A copy of the picture with the markers in it, each with the (x, y) of its letter's middle in ``pixels``.

    Letters are as bright as the brightest pixel and their outline is as dark as the darkest, so that the range of
    values stays what it was and a marker is seen under any window.

    Raises:
        Refused: ``image.marker_hidden``: a marker does not lie wholly in the ``visible`` part.
    """
    burned = pixels.copy()
    dark, bright = (float(pixels.min()), float(pixels.max())) if pixels.size else (0.0, 0.0)
    for marker, x, y in markers:
        drawn = stamp(marker.side, marker.initials, pitch_mm, font)
        area = drawn.area_at(x, y)
        if area.overlap(visible) != area:
            raise Refused("image.marker_hidden")
        part = burned[area.top : area.bottom, area.left : area.right]
        under = _blend(part.astype(np.float32), dark, drawn.outline)
        part[:] = np.rint(_blend(under, bright, drawn.ink)).astype(np.uint16)
    return burned


def _blend(under: npt.NDArray[np.float32], value: float, cover: Cover) -> npt.NDArray[np.float32]:
    share = cover.astype(np.float32) / 255
    return np.asarray(under + (np.float32(value) - under) * share, np.float32)


def _font(path: Path, capital_px: float) -> ImageFont.FreeTypeFont:
    """The font in the size in which a capital letter is so many pixels high."""
    probe = ImageFont.truetype(str(path), _PROBE_SIZE)
    _, top, _, bottom = probe.getbbox("H")
    return ImageFont.truetype(str(path), max(1.0, capital_px * _PROBE_SIZE / (bottom - top)))


def _size(font: ImageFont.FreeTypeFont, text: str) -> tuple[int, int]:
    left, top, right, bottom = font.getbbox(text)
    return int(right - left + 0.5), int(bottom - top + 0.5)


def _write(
    draw: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont, text: str, at: tuple[float, float], stroke: int
) -> None:
    """Write with the middle of the text's upper edge at a place, whatever room the font leaves around its letters."""
    left, top, right, _ = font.getbbox(text)
    draw.text((at[0] - (left + right) / 2, at[1] - top), text, fill=255, font=font, stroke_width=stroke)
