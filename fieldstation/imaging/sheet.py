"""A picture as the technologist sees it, as a PNG or JPEG file: windowed, behind its shutter, annotated, captioned."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from fieldstation.domain.annotations import (
    Annotation,
    Area,
    Placement,
    caption,
    caption_place,
    points_of,
    strokes_of,
)
from fieldstation.domain.exams import Presentation
from fieldstation.domain.signal import PlateGeometry
from fieldstation.imaging.banner import Banner, Line
from fieldstation.imaging.developed import BITS

Grey = npt.NDArray[np.uint8]

_SCREEN_ROWS, _SCREEN_COLUMNS = 880, 1167
"""What the picture has of a screen of 1920 by 1080: a line or a letter is as large beside it as it is there."""
_TEXT, _LINE, _OUTLINE, _WING = 15.0, 2.0, 2.0, 16.0
"""Pixels of that screen: size of letters, width of a line and of its outline on both sides, length of a wing."""
_LEAST_TEXT_PX = 9.0
_SUBPIXEL_BITS = 4
_JPEG_QUALITY = 95
_BANNER_LETTERS = 72
"""How many letters of the banner are as wide as the picture; a narrow picture has smaller ones, down to a limit."""
_LEAST_BANNER_PX = 12
_BANNER_GREY, _BANNER_INK = 16, 235
_NOWHERE = "\U0010ffff"
"""A character that no font has: it is drawn as the box that stands for a missing one."""


def sheet(
    pixels: npt.NDArray[np.uint16],
    presentation: Presentation,
    geometry: PlateGeometry,
    banner: Banner | None,
    font: Path,
) -> Grey:
    """Grey values of shape (rows, columns), with the banner above the picture, so that it hides nothing.

    ``pixels`` are those of the frozen image; ``geometry`` is that of the plate.
    """
    grey = _windowed(pixels, presentation)
    placement = presentation.placement(geometry.rows, geometry.columns)
    if presentation.shutter is not None:
        _cover(grey, placement.area_to_shown(presentation.shutter))
    scale = max(grey.shape[0] / _SCREEN_ROWS, grey.shape[1] / _SCREEN_COLUMNS, _LEAST_TEXT_PX / _TEXT)
    brush = _Brush(placement, geometry.pitch_mm, scale, font)
    for annotation in presentation.annotations:
        brush.draw(grey, annotation)
    return grey if banner is None else np.vstack([_banner(banner, grey.shape[1], font), grey])


def as_file(grey: Grey, kind: str) -> bytes:
    """The bytes of a file of that ``kind``, ``png`` or ``jpeg``."""
    file = io.BytesIO()
    Image.fromarray(grey).save(file, kind, quality=_JPEG_QUALITY)
    return file.getvalue()


def drawable(text: str, font: Path) -> bool:
    """Whether the font has every character of the text."""
    letters = ImageFont.truetype(str(font), 32)
    missing = bytes(letters.getmask(_NOWHERE))
    return all(character.isspace() or bytes(letters.getmask(character)) != missing for character in set(text))


def _windowed(pixels: npt.NDArray[np.uint16], presentation: Presentation) -> Grey:
    """PS3.3 C.11.2.1.2.1, linear."""
    values = np.arange(1 << 16, dtype=np.float32)
    center, width = presentation.frozen_center(BITS), max(2.0, presentation.window_width)
    table = ((values - (center - 0.5)) / (width - 1) + 0.5) * 255
    return np.asarray(np.clip(np.rint(table), 0, 255).astype(np.uint8)[pixels])


def _cover(grey: Grey, left: Area) -> None:
    """Make everything black but what is ``left``."""
    rows, columns = grey.shape
    kept = left.overlap(Area(0, 0, columns, rows))
    grey[: kept.top] = grey[kept.bottom :] = 0
    grey[:, : kept.left] = grey[:, kept.right :] = 0


@dataclass(frozen=True, slots=True)
class _Brush:
    """Draws in white with a black outline, so that it is seen on anything."""

    placement: Placement
    pitch_mm: float
    scale: float
    """Pixels of the picture for one of the screen."""
    font: Path

    def draw(self, grey: Grey, annotation: Annotation) -> None:
        # A smooth line comes out about a pixel wider than it is told to be.
        light = max(1, round(_LINE * self.scale) - 1)
        dark = max(light + 2, round((_LINE + _OUTLINE) * self.scale) - 1)
        points = [self.placement.to_shown(point) for point in points_of(annotation)]
        for stroke in strokes_of(annotation, points, _WING * self.scale):
            line = np.array([[(point.x - 0.5, point.y - 0.5) for point in stroke]]) * (1 << _SUBPIXEL_BITS)
            for thickness, value in ((dark, 0), (light, 255)):
                cv2.polylines(
                    grey,
                    [np.rint(line).astype(np.int32)],
                    isClosed=False,
                    color=value,
                    thickness=thickness,
                    lineType=cv2.LINE_AA,
                    shift=_SUBPIXEL_BITS,
                )
        words = _drawable_part(caption(annotation, self.pitch_mm), self.font)
        if words:
            self._write(grey, words, annotation)

    def _write(self, grey: Grey, words: str, annotation: Annotation) -> None:
        height = _TEXT * self.scale
        letters = ImageFont.truetype(str(self.font), height)
        width = letters.getlength(words)
        at = caption_place(annotation, self.placement, width, height)
        x = max(0.0, min(at.x, grey.shape[1] - width))
        y = max(height / 2, min(at.y, grey.shape[0] - height / 2))
        image = Image.fromarray(grey)
        outline = math.ceil(height / 12)
        ImageDraw.Draw(image).text((x, y), words, 255, letters, anchor="lm", stroke_width=outline, stroke_fill=0)
        grey[:] = np.asarray(image)


def _drawable_part(text: str, font: Path) -> str:
    """The text with a question mark for each character that the font has not got."""
    return "".join(character if drawable(character, font) else "?" for character in text)


def _banner(banner: Banner, width: int, font: Path) -> Grey:
    size = max(_LEAST_BANNER_PX, width / _BANNER_LETTERS * 2)
    first, other = ImageFont.truetype(str(font), size * 1.25), ImageFont.truetype(str(font), size)
    step, margin = size * 1.5, size * 0.75
    lines = max(len(banner.left), len(banner.right))
    image = Image.new("L", (width, round(2 * margin + lines * step)), _BANNER_GREY)
    draw = ImageDraw.Draw(image)
    for nth in range(lines):
        letters = first if nth == 0 else other
        middle = margin + (nth + 0.5) * step
        for words, x, anchor in (
            (_at(banner.left, nth), margin, "lm"),
            (_at(banner.right, nth), width - margin, "rm"),
        ):
            draw.text((x, middle), _way_to_write(words, font), _BANNER_INK, letters, anchor=anchor)
    return np.asarray(image)


def _at(lines: Sequence[Line], nth: int) -> Line:
    return lines[nth] if nth < len(lines) else ("",)


def _way_to_write(line: Line, font: Path) -> str:
    return next((words for words in line if drawable(words, font)), _drawable_part(line[-1], font))
