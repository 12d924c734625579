"""Buttons of 44 and 56 px: icon, word and, under it, a caption."""

from enum import Enum

from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from fieldstation.ui import icons, paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.focus import FocusButton


class Kind(Enum):
    """How much a button asks for attention. At most one on a screen is `PRIMARY`."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    GHOST = "ghost"


class Button(FocusButton):
    """A push button. Its height says how large its type is: 44 px or 56 px and more."""

    def __init__(
        self,
        text: str,
        kind: Kind = Kind.SECONDARY,
        *,
        icon: str = "",
        height: int = 44,
        caption: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._kind = kind
        self._icon = icon
        self._caption = caption
        self._height = height
        self.setText(text)
        self._name()
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)

    @property
    def kind(self) -> Kind:
        """How much it asks for attention."""
        return self._kind

    def become(self, kind: Kind) -> None:
        """Ask for more or less attention."""
        if kind is not self._kind:
            self._kind = kind
            self.update()

    def say(self, text: str, caption: str = "") -> None:
        """Change the words."""
        if (text, caption) != (self.text(), self._caption):
            self.setText(text)
            self._caption = caption
            self._name()
            self.updateGeometry()
            self.update()

    def _name(self) -> None:
        self.setAccessibleName(f"{self.text()}, {self._caption}" if self._caption else self.text())

    def show_icon(self, name: str) -> None:
        """Change the icon."""
        if name != self._icon:
            self._icon = name
            self.update()

    @property
    def _role(self) -> Role:
        return Role.TITLE if self._height >= 56 else Role.NAME

    @property
    def _icon_size(self) -> int:
        return 24 if self._height >= 56 else 20

    def sizeHint(self) -> QSize:
        """Icon, words and padding."""
        words = max(paint.text_width(self.text(), self._role), paint.text_width(self._caption, Role.CAPTION))
        icon = self._icon_size + (8 if words else 0) if self._icon else 0
        padding = 20 if self._height >= 56 else 16
        if not words:
            padding = (44 - icon) // 2
        return QSize(words + icon + 2 * padding, self._height)

    def minimumSizeHint(self) -> QSize:
        """Words on a button are never cut."""
        return self.sizeHint()

    def changeEvent(self, event: QEvent) -> None:
        """Repaint when it is switched on or off."""
        super().changeEvent(event)
        self.update()

    def _colors(self) -> tuple[QColor | None, QColor | None, QColor, QColor]:
        """Fill, outline, words, caption."""
        look = theme.current()
        if not self.isEnabled():
            outline = None if self._kind is Kind.GHOST else look.color(Tone.LINE)
            return None, outline, look.color(Tone.QUIET), look.color(Tone.QUIET)
        text, quiet = look.color(Tone.TEXT), look.color(Tone.QUIET)
        if self._kind is Kind.PRIMARY:
            on = look.color(Tone.ON_ACTION)
            fill = look.color(Tone.ACTION)
            if self.isDown() or self.underMouse():
                fill = look.mixed(Tone.ON_ACTION, 16 if self.isDown() else 8, over=Tone.ACTION)
            return fill, None, on, on
        ground = Tone.RAISED if self._kind is Kind.SECONDARY else Tone.SURFACE
        touched = look.pressed(ground) if self.isDown() else look.hovered(ground) if self.underMouse() else None
        if self._kind is Kind.GHOST:
            return touched, None, text, quiet
        return touched or look.color(ground), look.outline(), text, quiet

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw ground, icon, words, caption and the ring of focus."""
        look = theme.current()
        painter = QPainter(self)
        fill, outline, words, quiet = self._colors()
        paint.box(painter, self.rect(), 8, fill, outline)
        width = paint.text_width(self.text(), self._role)
        icon = self._icon_size + (8 if width else 0) if self._icon else 0
        x = (self.width() - width - icon) // 2
        line = self._role.line
        block = line + (16 if self._caption else 0)
        top = (self.height() - block) // 2
        if self._icon:
            icons.draw(painter, self._icon, QPointF(x + self._icon_size / 2, top + line / 2), self._icon_size, words)
        paint.line(painter, QRect(x + icon, top, width + 2, line), self.text(), self._role, words)
        if self._caption:
            below = QRect(4, top + line, self.width() - 8, 16)
            paint.line(painter, below, self._caption, Role.CAPTION, quiet, Qt.AlignmentFlag.AlignCenter)
        ring = look.color(Tone.ON_ACTION if self._kind is Kind.PRIMARY else Tone.ACTION)
        self.draw_ring(
            painter, self.rect().adjusted(3, 3, -3, -3) if self._kind is Kind.PRIMARY else self.rect(), 6, ring
        )
