"""Toasts: one short sentence at the foot of the page, with at most one thing to do about it."""

from collections.abc import Callable
from typing import cast

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget
from shiboken6 import isValid

from fieldstation.ui import paint, theme
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.button import Button
from fieldstation.ui.widgets.icon import Icon
from fieldstation.ui.widgets.text import Paragraph

_LEFT, _RIGHT = 88 + 264, 72 + 328
"""What lies beside the picture on Study: rail and views, tools and quality."""


class Toast(QWidget):
    """The toast of a window: a new one replaces the old one."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self._icon = Icon("info", 20, Tone.ACTION)
        self._words = Paragraph(role=Role.VALUE)
        self._words.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._button = Button("")
        self._act: Callable[[], None] | None = None
        self._before: QWidget | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        self._button.clicked.connect(self._on_act)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(12)
        row.addWidget(self._icon)
        row.addWidget(self._words, 1)
        row.addWidget(self._button)
        self.hide()
        parent.installEventFilter(self)
        cast("QApplication", QApplication.instance()).focusChanged.connect(self._on_focus)

    @property
    def words(self) -> str:
        """What it says."""
        return self._words.text()

    def _on_focus(self, old: QWidget | None, new: QWidget | None) -> None:
        if new is self._button and old is not None:
            self._before = old

    def _give_back_focus(self) -> None:
        before, self._before = self._before, None
        if before is not None and isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.MouseFocusReason)
        else:
            self._button.clearFocus()

    def say(self, words: str, icon: str = "info", tone: Tone = Tone.ACTION, milliseconds: int = 6000) -> None:
        """Show a sentence for a while."""
        self._act = None
        if self._button.hasFocus():
            self._give_back_focus()
        self._button.hide()
        self._show(words, icon, tone, milliseconds)

    def offer(
        self,
        words: str,
        icon: str,
        action: str,
        act: Callable[[], None],
        milliseconds: int,
        tone: Tone = Tone.GOOD,
    ) -> None:
        """Show a sentence with one thing to do, for as long as it can be done."""
        self._act = act
        self._button.say(action)
        self._button.show()
        self._show(words, icon, tone, milliseconds)

    def dismiss(self) -> None:
        """Hide it. The focus goes back to where it was; left to itself, it would jump to the rail."""
        if self._button.hasFocus():
            self._give_back_focus()
        self._timer.stop()
        self._act = None
        self.hide()

    def _show(self, words: str, icon: str, tone: Tone, milliseconds: int) -> None:
        self._icon.show_as(icon, tone)
        self._words.say(words)
        self.setAccessibleName(words)
        self._place()
        self.show()
        self._timer.start(milliseconds)

    def _on_act(self) -> None:
        act = self._act
        self.dismiss()
        if act:
            act()

    def _place(self) -> None:
        room = self._window.size()
        button = self._button.sizeHint().width() + 12 if self._act else 8
        wanted = paint.text_width(self._words.text(), Role.VALUE) + 16 + 20 + 12 + button + 16
        # Above the bar of Study and before its picture: never on the leave light, Send, a tool, Accept or Retake.
        left, right = _LEFT + 16, room.width() - _RIGHT - 16
        width = max(280, min(wanted, right - left, 720))
        height = max(60, self._words.heightForWidth(width - 56 - button) + 24)
        self.setGeometry((left + right - width) // 2, room.height() - 72 - 16 - height, width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep its place when the window changes its size."""
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A raised box."""
        look = theme.current()
        paint.box(QPainter(self), self.rect(), 8, look.color(Tone.RAISED), look.outline())
