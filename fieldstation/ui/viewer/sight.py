"""How a picture is looked at, in terms that hold for another picture beside it."""

from dataclasses import dataclass, replace

from fieldstation.domain.annotations import Area
from fieldstation.domain.exams import Presentation
from fieldstation.ui.viewer.rendering import Camera


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Zoom and place in millimetres from the middle of the picture, the window measured from the automatic one.

    ``per_mm`` is in screen pixels, None where the whole picture is fitted in.
    """

    x_mm: float
    y_mm: float
    per_mm: float | None
    shift: float
    width: float
    inverted: bool

    def window(self, presentation: Presentation, automatic: Presentation) -> Presentation:
        """That window for another picture."""
        return replace(
            presentation,
            window_center=automatic.window_center + self.shift * automatic.window_width,
            window_width=self.width * automatic.window_width,
            inverted=self.inverted,
        )

    def camera(self, part: Area, pitch_mm: float) -> Camera | None:
        """That zoom and place for another picture; None where it is to be fitted in."""
        if self.per_mm is None:
            return None
        x, y = (part.left + part.right) / 2, (part.top + part.bottom) / 2
        return Camera(x + self.x_mm / pitch_mm, y + self.y_mm / pitch_mm, self.per_mm * pitch_mm)


def sight_of(presentation: Presentation, automatic: Presentation, camera: Camera, part: Area, pitch_mm: float) -> Sight:
    """How a picture is looked at through a camera."""
    x, y = (part.left + part.right) / 2, (part.top + part.bottom) / 2
    return Sight(
        x_mm=(camera.x - x) * pitch_mm,
        y_mm=(camera.y - y) * pitch_mm,
        per_mm=camera.scale / pitch_mm,
        shift=(presentation.window_center - automatic.window_center) / automatic.window_width,
        width=presentation.window_width / automatic.window_width,
        inverted=presentation.inverted,
    )
