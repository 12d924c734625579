"""Pictures of the study on screen: those seen last in full, so that going back takes no time, of all a thumbnail."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.exams import Presentation
from fieldstation.services.boards import ImageDetail
from fieldstation.services.desk import Desk
from fieldstation.ui.background import Background
from fieldstation.ui.study.view_card import THUMB
from fieldstation.ui.viewer import rendering
from fieldstation.ui.viewer.places import Outline, outlines
from fieldstation.ui.viewer.pyramid import Bytes, Pyramid

KEPT_BYTES = 240 * 1024 * 1024
"""Six pictures of the largest plates, with their smaller levels."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loaded:
    """A picture ready for the viewer, with its thumbnail (grey values, shape (rows, columns))."""

    pyramid: Pyramid
    pitch_mm: float
    detail: ImageDetail
    automatic: Presentation
    windows: Mapping[str, Presentation]
    region: Sequence[Outline]
    thumb: Bytes


def load(desk: Desk, image_uid: str, ratio: float) -> Loaded:
    """Fetch a picture and make what the screen needs of it. Blocks."""
    picture = desk.picture(image_uid)
    pyramid = Pyramid(picture.pixels)
    return Loaded(
        pyramid=pyramid,
        pitch_mm=picture.pitch_mm,
        detail=picture.detail,
        automatic=picture.automatic,
        windows=picture.windows,
        region=outlines(picture.relevant, pyramid.rows, pyramid.columns),
        thumb=_thumbnail(pyramid, picture.detail.presentation, ratio),
    )


def _thumbnail(pyramid: Pyramid, presentation: Presentation, ratio: float) -> Bytes:
    width, height = round(THUMB.width() * ratio), round(THUMB.height() * ratio)
    return rendering.thumbnail(pyramid, presentation, width, height)


def to_image(grey: Bytes, ratio: float) -> QImage:
    """Grey values as an image of its own."""
    rows, columns = grey.shape
    image = QImage(grey.tobytes(), columns, rows, columns, QImage.Format.Format_Grayscale8).copy()
    image.setDevicePixelRatio(ratio)
    return image


class Pictures(QObject):
    """Loads one picture at a time: the wanted ones first, thumbnails when nothing else is wanted."""

    loaded = Signal(str)
    failed = Signal(str, object)
    thumbed = Signal(str)

    def __init__(self, desk: Desk, background: Background, ratio: Callable[[], float], parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._background = background
        self._ratio = ratio
        self._kept: dict[str, Loaded] = {}
        self._thumbs: dict[str, QImage] = {}
        self._unreadable: set[str] = set()
        self._wanted: list[str] = []
        self._missing: list[str] = []
        self._busy = False

    def get(self, image_uid: str) -> Loaded | None:
        """The picture, if it is here."""
        return self._kept.get(image_uid)

    def thumb(self, image_uid: str) -> QImage | None:
        """The thumbnail, if it is here."""
        return self._thumbs.get(image_uid)

    def want(self, image_uid: str) -> None:
        """Load this picture next; ``loaded`` follows, at once if it is here."""
        if image_uid in self._kept:
            # The one used last is the last to go.
            self._kept[image_uid] = self._kept.pop(image_uid)
            self.loaded.emit(image_uid)
            return
        self._wanted = [image_uid, *(each for each in self._wanted if each != image_uid)]
        self._next()

    def present(self, image_uid: str, presentation: Presentation) -> None:
        """Its thumbnail is to show it as it is presented now."""
        loaded = self._kept.get(image_uid)
        if loaded is not None:
            ratio = self._ratio()
            self._thumbs[image_uid] = to_image(_thumbnail(loaded.pyramid, presentation, ratio), ratio)
            self.thumbed.emit(image_uid)

    def forget_wishes(self) -> None:
        """No picture is in view."""
        self._wanted = []

    def forget(self) -> None:
        """Another study: let go of the large pictures."""
        self._wanted, self._missing, self._kept = [], [], {}

    def want_thumbs(self, image_uids: list[str]) -> None:
        """Make the thumbnails that are missing, in this order."""
        self._missing = [uid for uid in image_uids if uid not in self._thumbs and uid not in self._unreadable]
        self._next()

    def _next(self) -> None:
        if self._busy:
            return
        uid = next(iter([*self._wanted, *self._missing]), None)
        if uid is None:
            return
        self._busy = True
        ratio = self._ratio()
        desk = self._desk
        self._background.run(
            self,
            lambda: load(desk, uid, ratio),
            lambda loaded: self._on_loaded(uid, loaded, ratio),
            lambda error: self._on_failed(uid, error),
        )

    def _on_loaded(self, uid: str, loaded: Loaded, ratio: float) -> None:
        self._busy = False
        self._thumbs[uid] = to_image(loaded.thumb, ratio)
        # What nobody asks for any more belongs to a study that was left.
        if uid in self._wanted or uid in self._missing:
            self._keep(uid, loaded)
        self._missing = [each for each in self._missing if each != uid]
        self.thumbed.emit(uid)
        if uid in self._wanted:
            self._wanted.remove(uid)
            self.loaded.emit(uid)
        self._next()

    def _keep(self, uid: str, loaded: Loaded) -> None:
        self._kept[uid] = loaded
        while len(self._kept) > 1 and sum(each.pyramid.size for each in self._kept.values()) > KEPT_BYTES:
            del self._kept[next(iter(self._kept))]

    def _on_failed(self, uid: str, error: FieldstationError) -> None:
        self._busy = False
        self._unreadable.add(uid)
        self._missing = [each for each in self._missing if each != uid]
        if uid in self._wanted:
            self._wanted.remove(uid)
            self.failed.emit(uid, error)
        self._next()
