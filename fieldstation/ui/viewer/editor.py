"""The viewer with tools in the hand: markers, text, lines, crop; what is on the picture is taken, moved, deleted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from fieldstation.domain.annotations import LONGEST_TEXT, MOST_INITIALS, FlipReason, Point, SideMarker, TextNote
from fieldstation.domain.exams import Presentation
from fieldstation.services.words import text
from fieldstation.ui.fonts import Role
from fieldstation.ui.theme import NIGHT, Tone
from fieldstation.ui.viewer.canvas import Sheet
from fieldstation.ui.viewer.entry import Entry
from fieldstation.ui.viewer.hand import Hand, Tool
from fieldstation.ui.viewer.items import Hit, Item, cropped, exchanged, extent, hit, items_of, moved, put, without
from fieldstation.ui.viewer.lens import Lens
from fieldstation.ui.viewer.marks import area_strokes, color_of, cover, draw_chosen, strokes_of
from fieldstation.ui.viewer.overlay import draw_text
from fieldstation.ui.viewer.strokes import Stroke, line
from fieldstation.ui.viewer.viewer import Viewer
from fieldstation.ui.widgets.button import Button

_DRAGGED = 8.0
_STEPS = {
    Qt.Key.Key_Left: QPointF(-8, 0),
    Qt.Key.Key_Right: QPointF(8, 0),
    Qt.Key.Key_Up: QPointF(0, -8),
    Qt.Key.Key_Down: QPointF(0, 8),
}


@dataclass(slots=True)
class _Moving:
    hit: Hit
    start: Point
    item: Item
    before: Presentation


class Editor(Viewer):
    """``held`` carries the tool in the hand, or None when it was laid down. Off, it takes nothing but looks."""

    held = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.initials = ""
        self._hand: Hand | None = None
        self._pressed: QPointF | None = None
        self._moving: _Moving | None = None
        self._pointer: QPointF | None = None
        self._editable = False
        self._entry: Entry | None = None
        self._bin = Button("", icon="bin", parent=self)
        self._bin.setFixedSize(44, 44)
        self._bin.setAccessibleName(text("ui.delete_mark"))
        self._bin.setToolTip(f"{text('ui.delete_mark')}  (Del)")
        self._bin.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._bin.clicked.connect(self.delete)
        self._bin.hide()

    # What the tools do

    @property
    def tool(self) -> Tool | None:
        """What is in the hand."""
        return self._hand.tool if self._hand else None

    @property
    def chosen(self) -> Item | None:
        """What on the picture is worked on."""
        return items_of(self.presentation)[self._chosen] if self._chosen is not None else None

    def allow(self, *, editable: bool) -> None:
        """Whether something may be put on the picture."""
        self._editable = editable
        if not editable:
            self.lay_down()
            self._choose(None)

    def take(self, tool: Tool) -> None:
        """Take a tool into the hand; the same one again lays it down."""
        same = self.tool is tool
        self.lay_down()
        if self._editable and self.sheet is not None and not same:
            self._hand = Hand(tool)
            self._choose(None)
            self.setCursor(Qt.CursorShape.CrossCursor)
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.held.emit(tool)
            self.update()

    def lay_down(self) -> None:
        """Nothing in the hand."""
        self._close_entry()
        if self._hand is not None:
            self._hand = self._pressed = self._pointer = None
            self.unsetCursor()
            self.held.emit(None)
            self.update()

    def flip(self, reason: FlipReason | None) -> None:
        """The plate was reversed, for that reason; or it was not. Side markers have to be placed anew."""
        if self._editable:
            self._choose(None)
            self.change(self.presentation.flip(reason))

    def show_all(self) -> None:
        """Without crop and shutter."""
        if self._editable:
            self.change(replace(self.presentation, crop=None, shutter=None))

    def delete(self) -> None:
        """Take the chosen thing off the picture."""
        index = self._chosen
        if index is not None and self._editable:
            self._choose(None)
            self.change(without(self.presentation, index))

    def choose_next(self) -> None:
        """Choose the next thing on the picture, and after the last one none."""
        count = len(items_of(self.presentation))
        if self._editable and count:
            following = 0 if self._chosen is None else self._chosen + 1
            self._choose(following if following < count else None)

    def show_sheet(self, sheet: Sheet, presentation: Presentation) -> None:
        """Show another picture, with nothing in the hand."""
        self.lay_down()
        self._choose(None)
        super().show_sheet(sheet, presentation)

    def clear(self) -> None:
        """Show nothing."""
        self.lay_down()
        self._choose(None)
        super().clear()

    def see(self, presentation: Presentation) -> None:
        """Show the same sheet otherwise; what is chosen stays so while it is still there."""
        if self._chosen is not None and self._chosen >= len(items_of(presentation)):
            self._chosen = None
        super().see(presentation)
        self._place_bin()

    # Inside

    def _choose(self, index: int | None) -> None:
        self._chosen = index
        self._place_bin()
        self.update()

    def _moved(self) -> None:
        super()._moved()
        self._place_bin()

    def _place_bin(self) -> None:
        item = self.chosen if self.sheet is not None else None
        self._bin.setVisible(item is not None and self._editable)
        if item is not None:
            area = extent(item, self.lens)
            x = area.right() + 12 if area.right() + 60 < self.width() else area.left() - 56
            self._bin.move(
                round(min(max(x, 0), self.width() - 44)), round(min(max(area.top() - 12, 0), self.height() - 44))
            )

    def _touch(self, at: QPointF) -> Point:
        return self.lens.clamped(self.lens.to_plate(at))

    def _finish(self, hand: Hand) -> None:
        """The tool has all that it needs."""
        item, area = hand.item(self.initials), hand.area(self.lens.placement)
        match hand.tool:
            case Tool.TEXT:
                self._ask_text(hand.points[0], None)
                return
            case Tool.CROP if area is not None:
                self._laid_down_with(cropped(replace(self.presentation, crop=area)))
            case Tool.SHUTTER if area is not None:
                self._laid_down_with(cropped(replace(self.presentation, shutter=area)))
            case _ if item is not None:
                self._laid_down_with(put(self.presentation, item))
                self._choose(items_of(self.presentation).index(item))
            case _:
                self.lay_down()

    def _laid_down_with(self, presentation: Presentation) -> None:
        self.lay_down()
        self.change(presentation)

    def ask_initials(self) -> None:
        """Ask for the initials under side markers; a chosen marker gets them at once."""
        if self._editable:
            self._close_entry()
            self._entry = Entry(self, "initials", MOST_INITIALS, self.initials, self._middle())
            self._entry.returnPressed.connect(self._on_initials)

    def _on_initials(self) -> None:
        typed = self._entry.text() if self._entry else ""
        self.initials = "".join(each for each in typed.upper() if each.isascii() and each.isalnum())
        self._done_typing()
        if self._chosen is not None and isinstance(self.chosen, SideMarker):
            self._change_item(self._chosen, replace(self.chosen, initials=self.initials))

    def _ask_text(self, at: Point, index: int | None) -> None:
        """Ask for the words of a new text, or of one that is there."""
        item = items_of(self.presentation)[index] if index is not None else None
        words = item.text if isinstance(item, TextNote) else ""
        self._close_entry()
        self._entry = Entry(self, "text", LONGEST_TEXT, words, self.lens.to_screen(at))
        self._entry.returnPressed.connect(lambda: self._on_text(at, index))

    def _on_text(self, at: Point, index: int | None) -> None:
        words = self._entry.text().strip() if self._entry else ""
        self._done_typing()
        note = TextNote(at=at, text=words)
        if words and index is not None:
            self._change_item(index, note)
        elif words:
            self.change(put(self.presentation, note))
            self._choose(items_of(self.presentation).index(note))

    def finish_typing(self) -> None:
        """Put what has been typed so far on the picture, as Enter does."""
        if self._entry is not None:
            self._entry.returnPressed.emit()

    def _change_item(self, index: int, item: Item) -> None:
        self.change(exchanged(self.presentation, index, item))

    def _done_typing(self) -> None:
        self.lay_down()
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    def _close_entry(self) -> None:
        entry, self._entry = self._entry, None
        if entry is not None:
            entry.hide()
            entry.deleteLater()

    def strokes(self, lens: Lens) -> Sequence[Stroke]:
        """With those of what is being drawn up."""
        hand = self._hand
        if hand is None:
            return super().strokes(lens)
        area, item, color = hand.area(lens.placement), hand.item(self.initials), color_of(chosen=True)
        work = strokes_of(lens, item, color) if item is not None else []
        if area is not None:
            work = area_strokes(lens, area)
        elif item is None and hand.points and hand.hover is not None:
            work = [line([lens.to_screen(each) for each in (*hand.points, hand.hover)], color)]
        if self._pointer is not None:
            at = self._pointer
            work.append(line([at - QPointF(12, 0), at + QPointF(12, 0)], color))
            work.append(line([at - QPointF(0, 12), at + QPointF(0, 12)], color))
        return [*super().strokes(lens), *work]

    def draw_work(self, painter: QPainter, lens: Lens) -> None:
        """What is being drawn up, and what to do with the tool in the hand."""
        hand = self._hand
        if hand is None:
            self._ask_for_marker(painter)
            return
        area, item = hand.area(lens.placement), hand.item(self.initials)
        if area is not None:
            cover(painter, lens, lens.area(area), QColor(0, 0, 0, 120))
        elif item is not None and self._entry is None:
            draw_chosen(painter, lens, item)
        self._say(painter, text(f"ui.how_{hand.tool}"), Tone.TEXT)

    def _ask_for_marker(self, painter: QPainter) -> None:
        if self._editable and self.presentation.asks_for_marker:
            self._say(painter, text("ui.marker_again"), Tone.CAUTION)

    def _say(self, painter: QPainter, words: str, tone: Tone) -> None:
        middle = Qt.AlignmentFlag.AlignHCenter
        draw_text(painter, QPointF(self.width() / 2, self.height() - 40), words, Role.NAME, middle, NIGHT.color(tone))

    # Events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The tool in the hand first, then what is on the picture, then the window."""
        left = event.button() is Qt.MouseButton.LeftButton and not self._space
        if self.sheet is None or not left or not self._editable:
            super().mousePressEvent(event)
            return
        self._close_entry()
        if self._hand is not None:
            self._pressed = event.position()
            self._hand.press(self._touch(event.position()))
            self.update()
            return
        items = items_of(self.presentation)
        found = hit(items, self.lens, event.position(), self._chosen)
        self._choose(found.index if found else None)
        if found is None:
            super().mousePressEvent(event)
        else:
            at = self.lens.to_plate(event.position())
            self._moving = _Moving(found, at, items[found.index], self.presentation)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw on, move on."""
        if self._hand is not None and self._entry is None and self._drag is None:
            self._hand.move(self._touch(event.position()))
            self.update()
        moving = self._moving
        if moving is not None:
            at = self.lens.to_plate(event.position())
            by = Point(at.x - moving.start.x, at.y - moving.start.y)
            item = moved(moving.item, moving.hit.point, by, self.lens)
            self.see(exchanged(moving.before, moving.hit.index, item))
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """What was drawn or moved is so."""
        moving, self._moving = self._moving, None
        if moving is not None:
            if self.presentation != moving.before:
                self.presented.emit(self.presentation)
            return
        pressed, self._pressed = self._pressed, None
        if self._hand is None or pressed is None:
            super().mouseReleaseEvent(event)
            return
        way = event.position() - pressed
        self._lift(event.position(), dragged=way.manhattanLength() > _DRAGGED)

    def _lift(self, at: QPointF, *, dragged: bool) -> None:
        hand = self._hand
        if hand is not None:
            hand.release(self._touch(at), dragged=dragged)
            if hand.complete:
                self._finish(hand)
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """On a text, change its words; with a tool in the hand, one more touch; else fit."""
        if self._hand is not None:
            self.mousePressEvent(event)
        elif self._chosen is not None and isinstance(self.chosen, TextNote):
            self._ask_text(self.chosen.at, self._chosen)
        else:
            super().mouseDoubleClickEvent(event)

    def abandon(self) -> None:
        """A second finger came down: what the first one began was not meant."""
        super().abandon()
        moving, self._moving = self._moving, None
        if moving is not None:
            self.see(moving.before)
        if self._pressed is not None and self._hand is not None:
            self._pressed = None
            self._hand = Hand(self._hand.tool)

    def take_key(self, event: QKeyEvent) -> bool:
        """Everything that a finger does; whether the key was taken."""
        key = Qt.Key(event.key())
        step = _STEPS.get(key)
        if step is not None and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            step /= 8
        if key == Qt.Key.Key_Escape and (self._hand is not None or self._entry is not None or self.chosen is not None):
            self.lay_down()
            self._choose(None)
            return True
        if self._hand is not None and self._entry is None:
            return self._point(self._hand, key, step)
        if self._chosen is not None and self.chosen is not None:
            if key in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
                self.delete()
                return True
            if step is not None:
                self._nudge(self._chosen, self.chosen, step)
                return True
        return super().take_key(event)

    def _point(self, hand: Hand, key: Qt.Key, step: QPointF | None) -> bool:
        """A pointer for the keyboard: arrow keys move it, Enter is a touch."""
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            at = self._pointer or self._middle()
            hand.press(self._touch(at))
            self._lift(at, dragged=False)
            return True
        if step is None:
            return False
        room = QRectF(self.rect())
        to = (self._pointer or self._middle()) + step
        self._pointer = QPointF(min(max(to.x(), 0), room.right()), min(max(to.y(), 0), room.bottom()))
        hand.move(self._touch(self._pointer))
        self.update()
        return True

    def _nudge(self, index: int, item: Item, step: QPointF) -> None:
        here, there = self.lens.to_plate(QPointF(0, 0)), self.lens.to_plate(step)
        by = Point(there.x - here.x, there.y - here.y)
        self._change_item(index, moved(item, None, by, self.lens))
