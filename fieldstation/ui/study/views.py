"""The column of views."""

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from fieldstation.services.boards import ViewCard, ViewState
from fieldstation.services.words import text
from fieldstation.ui.fonts import Role
from fieldstation.ui.study.view_card import ViewCardWidget
from fieldstation.ui.theme import Tone
from fieldstation.ui.widgets.panel import Panel
from fieldstation.ui.widgets.scroll import let_fingers_scroll
from fieldstation.ui.widgets.text import Text


class ViewsColumn(Panel):
    """264 px wide; scrolls when the views do not fit. Signals carry the view's id."""

    chosen = Signal(str)
    take_back = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Tone.BACKGROUND, "r", parent)
        self.setFixedWidth(264)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setContentsMargins(16, 4, 16, 4)
        head.addWidget(Text(text("ui.views_title"), Role.TITLE))
        head.addStretch(1)
        self._count = Text("", Role.BODY, Tone.QUIET)
        head.addWidget(self._count)
        column.addLayout(head)
        self._scroll = QScrollArea(widgetResizable=True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        self._cards = QVBoxLayout(inside)
        self._cards.setContentsMargins(12, 0, 12, 12)
        self._cards.setSpacing(8)
        self._cards.addStretch(1)
        self._scroll.setWidget(inside)
        let_fingers_scroll(self._scroll)
        column.addWidget(self._scroll, 1)
        self._widgets: dict[str, ViewCardWidget] = {}
        self._current: str | None = None

    @property
    def cards(self) -> list[ViewCardWidget]:
        """The cards, in order."""
        return list(self._widgets.values())

    def show_views(self, views: Sequence[ViewCard], now: datetime) -> None:
        """Bring the cards up to date; cards stay the widgets they are."""
        if [view.view_id for view in views] != list(self._widgets):
            self._rebuild(views)
        for view in views:
            self._widgets[view.view_id].show_card(view, now)
        accepted = sum(view.state is ViewState.ACCEPTED for view in views)
        self._count.say(text("ui.accepted_of", n=accepted, of=len(views)))

    def _rebuild(self, views: Sequence[ViewCard]) -> None:
        for old in self._widgets.values():
            old.hide()
            old.deleteLater()
        self._widgets = {}
        for index, view in enumerate(views):
            card = ViewCardWidget(view)
            card.chosen.connect(lambda view_id=view.view_id: self.chosen.emit(view_id))
            card.take_back.connect(lambda view_id=view.view_id: self.take_back.emit(view_id))
            self._widgets[view.view_id] = card
            self._cards.insertWidget(index, card)

    def choose(self, view_id: str) -> None:
        """Mark the current view and bring it into sight."""
        self._current = view_id
        for each, card in self._widgets.items():
            card.choose(each == view_id)
        if view_id in self._widgets:
            self._scroll.ensureWidgetVisible(self._widgets[view_id], 0, 8)

    def focus_current(self) -> None:
        """Give the current card the focus, without a ring: its outline already says that it is the current one."""
        if self._current in self._widgets:
            self._widgets[self._current].face.setFocus(Qt.FocusReason.MouseFocusReason)

    def neighbour(self, step: int) -> str | None:
        """The view above (−1) or below (1) the current one."""
        ids = list(self._widgets)
        if self._current not in ids:
            return ids[0] if ids else None
        index = ids.index(self._current) + step
        return ids[index] if 0 <= index < len(ids) else None

    def show_thumb(self, view_id: str, thumb: QImage | None) -> None:
        """Show a small picture on a card."""
        if view_id in self._widgets:
            self._widgets[view_id].show_thumb(thumb)

    def show_reading(self, view_id: str | None, fraction: float) -> None:
        """How much of a view's plate is read now; None when none is."""
        for each, card in self._widgets.items():
            card.show_reading(fraction if each == view_id else None)

    def pass_time(self, now: datetime) -> None:
        """The age of exposed plates grows."""
        for card in self._widgets.values():
            card.pass_time(now)
