"""Pictures of the study on screen: the one in view in full, of the others only a thumbnail."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from fieldstation.domain.errors import FieldstationError
from fieldstation.services.boards import ImageDetail
from fieldstation.services.desk import Desk
from fieldstation.ui.background import Background
from fieldstation.ui.study.view_card import THUMB
from fieldstation.ui.viewer import rendering
from fieldstation.ui.viewer.pyramid import Bytes, Pyramid


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A picture ready for the viewer, with its thumbnail (grey values, shape (rows, columns))."""

    pyramid: Pyramid
    detail: ImageDetail
    thumb: Bytes


def load(desk: Desk, image_uid: str, ratio: float) -> Loaded:
    """Fetch a picture and make what the screen needs of it. Blocks."""
    picture = desk.picture(image_uid)
    pyramid = Pyramid(picture.pixels)
    width, height = round(THUMB.width() * ratio), round(THUMB.height() * ratio)
    thumb = rendering.thumbnail(pyramid, picture.detail.presentation, width, height)
    return Loaded(pyramid, picture.detail, thumb)


def to_image(grey: Bytes, ratio: float) -> QImage:
    """Grey values as an image of its own."""
    rows, columns = grey.shape
    image = QImage(grey.tobytes(), columns, rows, columns, QImage.Format.Format_Grayscale8).copy()
    image.setDevicePixelRatio(ratio)
    return image


class Pictures(QObject):
    """Loads one picture at a time: the wanted one first, thumbnails when nothing else is wanted."""

    loaded = Signal(str)
    failed = Signal(str, object)
    thumbed = Signal(str)

    def __init__(self, desk: Desk, background: Background, ratio: Callable[[], float], parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._background = background
        self._ratio = ratio
        self._current: tuple[str, Loaded] | None = None
        self._thumbs: dict[str, QImage] = {}
        self._unreadable: set[str] = set()
        self._wanted: str | None = None
        self._missing: list[str] = []
        self._busy = False

    def get(self, image_uid: str) -> Loaded | None:
        """The picture, if it is the one that was wanted last and is here."""
        return self._current[1] if self._current and self._current[0] == image_uid else None

    def thumb(self, image_uid: str) -> QImage | None:
        """The thumbnail, if it is here."""
        return self._thumbs.get(image_uid)

    def want(self, image_uid: str) -> None:
        """Load this picture next; ``loaded`` follows, at once if it is here."""
        self._wanted = image_uid
        if self.get(image_uid) is not None:
            self._wanted = None
            self.loaded.emit(image_uid)
            return
        self._next()

    def forget_wish(self) -> None:
        """No picture is in view: let go of the large one."""
        self._wanted = None
        self._current = None

    def want_thumbs(self, image_uids: list[str]) -> None:
        """Make the thumbnails that are missing, in this order."""
        self._missing = [uid for uid in image_uids if uid not in self._thumbs and uid not in self._unreadable]
        self._next()

    def _next(self) -> None:
        if self._busy:
            return
        uid = self._wanted or (self._missing[0] if self._missing else None)
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
        self._missing = [each for each in self._missing if each != uid]
        self.thumbed.emit(uid)
        if uid == self._wanted:
            self._wanted = None
            self._current = (uid, loaded)
            self.loaded.emit(uid)
        self._next()

    def _on_failed(self, uid: str, error: FieldstationError) -> None:
        self._busy = False
        self._unreadable.add(uid)
        self._missing = [each for each in self._missing if each != uid]
        if uid == self._wanted:
            self._wanted = None
            self.failed.emit(uid, error)
        self._next()
