"""The middle of Study: the picture with its tools, or the plate being read, or the question which plate to read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from fieldstation.domain.annotations import FlipReason
from fieldstation.domain.exams import Presentation
from fieldstation.ui.study.read_form import ReadForm
from fieldstation.ui.study.reading_view import ReadingView
from fieldstation.ui.viewer.canvas import Sheet
from fieldstation.ui.viewer.editor import Editor
from fieldstation.ui.viewer.flyout import Flyout
from fieldstation.ui.viewer.hand import Tool
from fieldstation.ui.viewer.history import History
from fieldstation.ui.viewer.toolbox import GROUPS, STRIP, ToolFace
from fieldstation.ui.viewer.tools import ToolStrip
from fieldstation.ui.viewer.viewer import Viewer

_TISSUES = {"soft", "bone", "lung", "mediastinum"}
_EXPORTS = {face.name for face in GROUPS["export"]}
_EDITS = {face.name for faces in (STRIP, *GROUPS.values()) for face in faces if face.edits}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exhibit:
    """A picture to be judged: its sheet, how it is seen first, its windows for one tissue, what it is a retake of."""

    image_uid: str
    sheet: Sheet
    presentation: Presentation
    windows: Mapping[str, Presentation]
    retake_of: str | None


class Stage(QWidget):
    """Black, edge to edge. ``presented`` carries the presentation after a gesture.

    ``before_wanted`` carries the UID of the picture that is to be shown beside its retake, ``compared`` says that one
    is now, or is no longer; ``export_wanted`` the name of the tool that asks for an export.
    """

    presented = Signal(object)
    before_wanted = Signal(str)
    compared = Signal()
    export_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._exhibit: Exhibit | None = None
        self._histories: dict[str, History] = {}
        self._editable = False
        self._region = False
        self._places = True
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        self.before = Viewer()
        self.before.hide()
        self.viewer = Editor()
        self.reading = ReadingView()
        self.form = ReadForm()
        self._stack = QStackedWidget()
        for widget in (self.viewer, self.reading, self.form):
            self._stack.addWidget(widget)
        self.tools = ToolStrip()
        row.addWidget(self.before, 1)
        row.addWidget(self._stack, 1)
        row.addWidget(self.tools)
        self.flyout = Flyout(self)
        self.tools.used.connect(self.use)
        self.flyout.used.connect(self.use)
        self.viewer.presented.connect(self._on_presented)
        self.viewer.held.connect(self.tools.show_held)
        self.viewer.sighted.connect(self.before.look)
        self.before.sighted.connect(self._on_before_sighted)
        self.before.presented.connect(lambda _: self._on_presented(self.viewer.presentation))
        self.tools.setEnabled(False)

    # What is shown

    def exhibit(self, exhibit: Exhibit) -> None:
        """A picture to be judged, seen as it was left where it has been here before."""
        history = self._histories.setdefault(exhibit.image_uid, History(exhibit.presentation))
        self.end_comparison()
        self._exhibit = exhibit
        self.viewer.show_sheet(exhibit.sheet, history.current)
        self.show_viewer()

    def take_away(self) -> None:
        """No picture is in view."""
        self.end_comparison()
        self._exhibit = None
        self.viewer.clear()
        self._dim()

    def forget(self) -> None:
        """Another study: what was undone or done to the pictures of this one is over."""
        self._histories = {}

    def seen(self, image_uid: str) -> Presentation | None:
        """How a picture was left here; None where it has not been here."""
        history = self._histories.get(image_uid)
        return history.current if history else None

    def allow(self, *, editable: bool) -> None:
        """Whether something may be put on the picture: not while and once it is decided."""
        if editable and not self._editable and self._exhibit is not None:
            # What was only looked at while it was decided is not what it is accepted with.
            self.viewer.see(self._histories[self._exhibit.image_uid].current)
        self._editable = editable
        self.viewer.allow(editable=editable)
        self._dim()

    @property
    def editable(self) -> bool:
        """Whether something may be put on the picture."""
        return self._editable

    def show_before(self, image_uid: str, sheet: Sheet, presentation: Presentation) -> None:
        """Show the picture that the one in view is a retake of, beside it and linked with it."""
        if self._exhibit is None or self._exhibit.retake_of != image_uid:
            return
        self.before.show_sheet(sheet, presentation)
        self.before.show()
        sight = self.viewer.sight
        if sight is not None:
            self.before.look(sight)
        self.compared.emit()

    @property
    def comparing(self) -> bool:
        """Whether a picture is shown beside its retake."""
        return self.before.sheet is not None

    def end_comparison(self) -> None:
        """The retake alone again."""
        if self.comparing:
            self.before.hide()
            self.before.clear()
            self.compared.emit()

    def show_viewer(self) -> None:
        """The picture."""
        self._show(self.viewer)

    def show_reading(self) -> None:
        """The plate being read; nothing to work on yet."""
        self._show(self.reading)

    def show_form(self) -> None:
        """Which plate?"""
        self._show(self.form)

    @property
    def shown(self) -> QWidget | None:
        """What is in the middle."""
        return self._stack.currentWidget()

    def _show(self, widget: QWidget) -> None:
        if self.shown is not widget:
            self.flyout.hide()
        self._stack.setCurrentWidget(widget)
        self.tools.setEnabled(widget is self.viewer)
        self._dim()

    def _dim(self) -> None:
        if self.shown is not self.viewer:
            return
        off = set() if self._editable else set(_EDITS)
        history = self._histories.get(self._exhibit.image_uid) if self._exhibit else None
        if history is None or not self._editable or not history.can_undo:
            off.add("undo")
        if history is None or not self._editable or not history.can_redo:
            off.add("redo")
        self.tools.dim(off)

    def point_out(self, number: int) -> None:
        """Show the place of a finding from near."""
        sheet = self.viewer.sheet
        if sheet is not None and number <= len(sheet.places):
            self._places = True
            self.viewer.show_places(shown=True)
            self.viewer.look_at(sheet.places[number - 1])

    # Tools

    def use(self, tool: str) -> None:
        """Use a tool by its name; a group opens beside the strip."""
        if self.shown is not self.viewer or self._exhibit is None:
            return
        if tool in GROUPS:
            self._open(tool)
        elif tool in _EDITS and not self._editable:
            return
        elif tool in set(Tool):
            self.viewer.take(Tool(tool))
        elif tool in set(FlipReason):
            self.viewer.flip(FlipReason(tool))
        elif tool in _EXPORTS:
            self.export_wanted.emit(tool)
        elif tool in _TISSUES:
            self._window(tool, self._exhibit)
        else:
            self._deeds()[tool]()

    def use_key(self, tool: str) -> None:
        """Use a tool by its key: a list that opens shows where the focus is."""
        self.use(tool)
        self.flyout.show_ring()

    def _deeds(self) -> Mapping[str, Callable[[], None]]:
        viewer = self.viewer
        return {
            "rotate": lambda: viewer.rotate(1),
            "rotate-back": lambda: viewer.rotate(-1),
            "invert": viewer.invert,
            "auto": self._auto,
            "fit": viewer.fit,
            "true-size": viewer.true_size,
            "one-to-one": viewer.one_to_one,
            "zoom-in": lambda: viewer.zoom(1),
            "zoom-out": lambda: viewer.zoom(-1),
            "loupe": lambda: viewer.show_loupe(shown=not viewer.loupe),
            "show-all": viewer.show_all,
            "initials": viewer.ask_initials,
            "next-mark": viewer.choose_next,
            "undo": lambda: self._step(History.undo),
            "redo": lambda: self._step(History.redo),
            "places": self._switch_places,
            "region": self._switch_region,
            "compare": self._compare,
            "not-reversed": lambda: viewer.flip(None),
            "reset": viewer.reset,
        }

    def _open(self, group: str) -> None:
        opener = next(name for name in (group, "more") if any(face.name == name for face in STRIP))
        faces = [face for face in GROUPS[group] if self._is_offered(face)]
        off = {face.name for face in faces if face.edits and not self._editable}
        self.flyout.open(group, faces, self.tools.button(opener), on=self._on(), off=off)

    def _is_offered(self, face: ToolFace) -> bool:
        exhibit = self._exhibit
        if exhibit is None or (face.name in _TISSUES and face.name not in exhibit.windows):
            return False
        if face.name == "compare":
            return exhibit.retake_of is not None
        return face.name != "not-reversed" or self.viewer.presentation.flipped is not None

    def _on(self) -> set[str]:
        """What is on of that which can be switched."""
        viewer = self.viewer
        states = {
            "invert": viewer.presentation.inverted,
            "loupe": viewer.loupe,
            "places": self._places,
            "region": self._region,
            "compare": self.comparing,
            str(viewer.presentation.flipped): viewer.presentation.flipped is not None,
            str(viewer.tool): viewer.tool is not None,
        }
        return {name for name, on in states.items() if on}

    def _auto(self) -> None:
        if self.viewer.sheet is not None:
            self.viewer.window_as(self.viewer.sheet.automatic)

    def _window(self, tissue: str, exhibit: Exhibit) -> None:
        if tissue in exhibit.windows:
            self.viewer.window_as(exhibit.windows[tissue])

    def _switch_places(self) -> None:
        self._places = not self._places
        self.viewer.show_places(shown=self._places)

    def _switch_region(self) -> None:
        self._region = not self._region
        self.viewer.show_region(shown=self._region)

    def _compare(self) -> None:
        if self.comparing:
            self.end_comparison()
        elif self._exhibit is not None and self._exhibit.retake_of is not None:
            self.before_wanted.emit(self._exhibit.retake_of)

    def _step(self, step: Callable[[History], Presentation]) -> None:
        history = self._histories.get(self._exhibit.image_uid) if self._exhibit else None
        if history is not None and self._editable:
            self.viewer.change(step(history))
            self._dim()

    def _on_presented(self, presentation: Presentation) -> None:
        if self._exhibit is not None and self._editable:
            self._histories[self._exhibit.image_uid].push(presentation)
            self._dim()
        self.presented.emit(presentation)

    def _on_before_sighted(self, sight: object) -> None:
        if self.before.isVisible():
            self.viewer.look(sight)  # type: ignore[arg-type]

    def hideEvent(self, event: QHideEvent) -> None:
        """Its list of tools goes with it."""
        super().hideEvent(event)
        self.flyout.hide()

    def take_key(self, event: QKeyEvent) -> bool:
        """A key that no field and no letter took; whether it was used."""
        return self.shown is self.viewer and self.viewer.take_key(event)
