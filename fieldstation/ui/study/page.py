"""Study: one exam on screen. Choosing a view shows its picture, its read, or asks for its plate."""

from collections import Counter

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from fieldstation.domain.errors import FieldstationError
from fieldstation.domain.exams import Presentation
from fieldstation.services.boards import StudyBoard, ViewCard, ViewState
from fieldstation.services.boards_plates import StackRow
from fieldstation.services.words import apology, text
from fieldstation.ui import formats
from fieldstation.ui.context import Context
from fieldstation.ui.loading import Loading
from fieldstation.ui.page import Page
from fieldstation.ui.study import exhibits
from fieldstation.ui.study.banner import Banner
from fieldstation.ui.study.bar import Bar
from fieldstation.ui.study.deeds import Deeds
from fieldstation.ui.study.guard import Guard
from fieldstation.ui.study.noting import Noting
from fieldstation.ui.study.order import has_picture, next_view, pictures_of, waiting_for
from fieldstation.ui.study.pictures import Pictures
from fieldstation.ui.study.plate_question import PlateQuestion
from fieldstation.ui.study.quality import QualityColumn
from fieldstation.ui.study.reading import ReadRun
from fieldstation.ui.study.reasons import ReasonsDialog
from fieldstation.ui.study.stage import Stage
from fieldstation.ui.study.view_card import THUMB
from fieldstation.ui.study.views import ViewsColumn
from fieldstation.ui.theme import Tone
from fieldstation.ui.viewer.toolbox import KEYS
from fieldstation.ui.widgets.dialog import open_over
from fieldstation.ui.widgets.empty import Empty


class StudyPage(Page):
    """``reading_changed`` carries how much of a plate is read (0 to 1), or None when none is."""

    reading_changed = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._study_uid: str | None = None
        self._board: StudyBoard | None = None
        self._view_id: str | None = None
        self._shown_uid: str | None = None
        self._advance_after: str | None = None
        self._form_view: ViewCard | None = None
        self._troubles: dict[str, str] = {}
        self._reasons: Counter[str] = Counter()
        self.guard = Guard(context.monotonic)
        self.run = ReadRun(context.desk, context.background, self)
        PlateQuestion(self.run, self)
        self._pictures = Pictures(context.desk, context.background, self.devicePixelRatioF, self)
        self.deeds = Deeds(context, self)
        self._loading: Loading[StudyBoard] = Loading(context.background, self._show, self._apologise, self)
        self._lay_out()
        Noting(context, self.stage.form, lambda: self.view)
        self._connect()

    def _lay_out(self) -> None:
        self.banner = Banner()
        self.views = ViewsColumn()
        self.stage = Stage()
        self.quality = QualityColumn(self.guard)
        self.bar = Bar(text("ui.send_study"))
        exam = QWidget()
        column = QVBoxLayout(exam)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        across = QHBoxLayout()
        across.setSpacing(0)
        across.addWidget(self.views)
        across.addWidget(self.stage, 1)
        across.addWidget(self.quality)
        column.addLayout(across, 1)
        column.addWidget(self.bar)
        self._stack = QStackedWidget()
        self._stack.addWidget(Empty("study", text("ui.no_study"), text("ui.no_study_next")))
        self._stack.addWidget(exam)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)

    def _connect(self) -> None:
        self.views.chosen.connect(self.choose)
        self.views.take_back.connect(self._take_back)
        self.stage.form.read.connect(self._read)
        self.stage.reading.cancelled.connect(self.run.cancel)
        self.stage.presented.connect(self._on_presented)
        self.stage.before_wanted.connect(self._pictures.want)
        self.stage.export_wanted.connect(self._export)
        self.stage.compared.connect(lambda: self.views.setVisible(not self.stage.comparing))
        self.quality.pointed.connect(self.stage.point_out)
        self.quality.verdict.accepted.connect(self._accept)
        self.quality.verdict.retake.connect(self._ask_reason)
        self.bar.send.connect(lambda: self.deeds.send(self._study_uid or "", self.bar.once_sent))
        self.bar.send_partial.connect(lambda: self.deeds.send_partial(self._study_uid or "", self.bar.once_sent))
        self.run.started.connect(lambda _: self._on_read_changed())
        self.run.progressed.connect(self._on_progress)
        self.run.finished.connect(self._on_read)
        self.run.failed.connect(self._on_read_failed)
        self._pictures.loaded.connect(self._on_picture)
        self._pictures.failed.connect(lambda _uid, error: self._apologise(error))
        self._pictures.thumbed.connect(lambda _: self._show_thumbs())
        self.deeds.accepted.connect(self._on_accepted)
        for signal in (self.deeds.rejected, self.deeds.taken_back, self.deeds.sent):
            signal.connect(lambda _: self.reload())
        self.deeds.failed.connect(lambda _: self._show_verdict())
        self._key("F10", self.quality.verdict.try_accept)
        self._key("F9", self.quality.verdict.try_retake)
        self._key("Ctrl+Z", lambda: self.stage.use("undo"))
        self._key("Ctrl+Shift+Z", lambda: self.stage.use("redo"))
        self._key("PgUp", lambda: self._step(-1))
        self._key("PgDown", lambda: self._step(1))

    def _key(self, key: str, act: object) -> None:
        shortcut = QShortcut(QKeySequence(key), self)
        shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
        shortcut.activated.connect(act)

    # Board

    @property
    def board(self) -> StudyBoard | None:
        """The study on screen."""
        return self._board

    @property
    def view(self) -> ViewCard | None:
        """The chosen view."""
        views = self._board.views if self._board else ()
        return next((view for view in views if view.view_id == self._view_id), None)

    def open(self, study_uid: str) -> None:
        """Show another study; what needs something first is chosen."""
        if study_uid != self._study_uid:
            self._study_uid = study_uid
            self._board = None
            self._view_id = self._shown_uid = None
            self.deeds.flush()
            self.stage.take_away()
            self.stage.forget()
            self._pictures.forget()
            self._stack.setCurrentIndex(0)

    def work_on(self, row: StackRow) -> None:
        """Show the view of a plate of the stack, and read the plate if it is unread."""
        self.choose(row.view_id)
        if row.state is ViewState.EXPOSED and not self.run.running:
            self.run.start(row.study_uid, row.view_id, row.plate_id, row.usual)

    def reload(self) -> None:
        """Fetch the study again."""
        if self._study_uid is not None:
            uid, desk = self._study_uid, self._context.desk
            self._loading.ask(lambda: desk.study(uid))

    def tick(self) -> None:
        """What is urgent counts down, what waits grows older."""
        self.banner.pass_time(self._context.now())
        self.views.pass_time(self._context.now())

    def stop(self) -> None:
        """The window closes."""
        self.deeds.flush()
        self.run.stop_now()

    def _show(self, board: StudyBoard) -> None:
        if board.study_uid != self._study_uid:
            return
        now = self._context.now()
        before, self._board = self._board, board
        self.deeds.note(board)
        self._stack.setCurrentIndex(1)
        if board != before:
            self.banner.show_board(board.banner, now)
            self.views.show_views(board.views, now)
        self.bar.show_boards(board.leave, board.send)
        where = text("ui.stop_of", n=board.stop_position, of=board.stop_count) if board.stop_position else ""
        self.headed.emit(text("ui.study"), formats.joined(board.facility, where) or board.description)
        advance, self._advance_after = self._advance_after, None
        chosen = self.view
        if chosen is None or (advance is not None and advance == chosen.image_uid):
            following = next_view(board, self._view_id)
            if following is not None:
                self._view_id = following.view_id
        self._show_view()
        self._show_thumbs()
        self._pictures.want_thumbs(pictures_of(board))

    # Views

    def choose(self, view_id: str) -> None:
        """Show a view."""
        if view_id != self._view_id:
            self._view_id = view_id
            self.deeds.flush()
            self._show_view()

    def _step(self, step: int) -> None:
        following = self.views.neighbour(step)
        if following is not None:
            self.choose(following)

    def _show_view(self) -> None:
        view = self.view
        if view is None:
            return
        self.views.choose(view.view_id)
        if self.run.view_id == view.view_id:
            self._forget_picture()
            if self._board is not None:
                self.stage.reading.show_captions(exhibits.reading_captions(self._board, view, self.run.plate_id))
            self._on_progress()
            self.stage.show_reading()
            self.quality.show_reading(text("ui.waiting_for_picture"))
        elif has_picture(view) and view.image_uid is not None:
            self._show_picture_of(view.image_uid)
        else:
            self._show_form(view)

    def _show_picture_of(self, image_uid: str) -> None:
        if self._shown_uid == image_uid:
            self._show_verdict()
            return
        self._shown_uid = None
        self.stage.take_away()
        self.stage.show_viewer()
        self.quality.verdict.wait()
        self._pictures.want(image_uid)

    def _show_form(self, view: ViewCard) -> None:
        fresh = self.stage.shown is not self.stage.form or self._form_view != view
        self._forget_picture()
        self._form_view = view
        form = self.stage.form
        if fresh:
            form.show_view(view)
            self.quality.show_before(view.usual, view.name)
        form.show_trouble(self._troubles.get(view.view_id, ""))
        form.show_busy(self.run.running)
        self.quality.show_reading(text("ui.another_plate" if self.run.running else "ui.waiting_for_picture"))
        self.stage.show_form()
        if fresh and not self.run.running and self.isVisible():
            form.plate.setFocus(Qt.FocusReason.OtherFocusReason)

    def _forget_picture(self) -> None:
        if self._shown_uid is not None:
            self._shown_uid = None
            self.stage.take_away()
        self._pictures.forget_wishes()

    def _on_picture(self, image_uid: str) -> None:
        view, loaded, board = self.view, self._pictures.get(image_uid), self._board
        if view is None or loaded is None or board is None or self.run.view_id == view.view_id:
            return
        if view.image_uid != image_uid:
            sheet = exhibits.before(view, loaded)
            if sheet is not None:
                self.stage.show_before(image_uid, sheet, loaded.detail.presentation)
            return
        self.guard.picture_changed()
        self._shown_uid = image_uid
        self.stage.exhibit(exhibits.exhibit(board, view, loaded))
        trouble = self._troubles.get(view.view_id, "")
        self.quality.show_picture(loaded.detail, loaded.pyramid.smallest, trouble)
        self.quality.show_presentation(self.stage.viewer.presentation)
        self._show_verdict()

    def _show_verdict(self) -> None:
        view = self.view
        if view is None or self._shown_uid is None or self._shown_uid != view.image_uid:
            return
        judging = self.deeds.judging(self._shown_uid)
        self.stage.allow(editable=view.state is not ViewState.ACCEPTED and not judging)
        if view.state is ViewState.ACCEPTED:
            self.quality.verdict.show_accepted()
        elif judging:
            self.quality.verdict.save()
        else:
            self.quality.verdict.offer()

    def _show_thumbs(self) -> None:
        for view in self._board.views if self._board else ():
            if view.view_id != self.run.view_id:
                shown = view.image_uid if has_picture(view) else None
                self.views.show_thumb(view.view_id, self._pictures.thumb(shown) if shown else None)

    # Reading

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A tool's letter, by hand; what moves window, pointer and marks."""
        tool = KEYS.get(event.text().upper())
        if tool:
            self.stage.use_key(tool)
        elif not self.stage.take_key(event):
            super().keyPressEvent(event)

    def scanned(self, plate_id: str) -> None:
        """A cassette's ID came from a scanner: its view comes up."""
        bound = waiting_for(self._board, plate_id)
        if bound is not None:
            self.choose(bound.view_id)
        elif self.stage.form.isVisible():
            self.stage.form.plate.setText(plate_id)
        else:
            self._context.toast.say(text("ui.cassette_unknown", plate=plate_id), "cassette", Tone.CAUTION)

    def _read(self, plate_id: str) -> None:
        view = self.view
        if view is not None and self._study_uid is not None:
            self._troubles.pop(view.view_id, None)
            self.run.start(self._study_uid, view.view_id, plate_id, self.quality.editor.technique)

    def _on_read_changed(self) -> None:
        self._show_view()
        # The field that began the read is gone; the focus must not fall on Cancel, the next in line.
        self.views.focus_current()
        self.views.show_reading(self.run.view_id, self.run.fraction)
        self.reading_changed.emit(self.run.fraction if self.run.running else None)

    def _on_progress(self) -> None:
        if not self.run.running:
            return
        left = self.run.progress.seconds_left if self.run.progress else None
        self.stage.reading.show_progress(self.run.preview, self.run.fraction, left)
        self.views.show_reading(self.run.view_id, self.run.fraction)
        self.reading_changed.emit(self.run.fraction)
        if self.run.preview is not None and self.run.view_id is not None:
            expand = Qt.AspectRatioMode.KeepAspectRatioByExpanding
            self.views.show_thumb(self.run.view_id, self.run.preview.scaled(THUMB, expand))

    def _on_read(self, view_id: str, _image_uid: str) -> None:
        if view_id != self._view_id and self._board is not None:
            name = next((view.name for view in self._board.views if view.view_id == view_id), "")
            if name:
                self._context.toast.say(text("ui.view_is_read", view=name), "undecided")
        self._end_read()

    def _on_read_failed(self, view_id: str, error: FieldstationError) -> None:
        self._troubles[view_id] = apology(error)
        if view_id != self._view_id:
            self._apologise(error)
        self._end_read()

    def _end_read(self) -> None:
        self.views.show_reading(None, 0)
        self.reading_changed.emit(None)
        self._form_view = None
        self.reload()

    # Verdicts

    def _on_presented(self, presentation: Presentation) -> None:
        self.quality.show_presentation(presentation)
        if self._shown_uid is not None and self.stage.editable:
            self.deeds.present(self._shown_uid, presentation)
            self._pictures.present(self._shown_uid, presentation)

    def _accept(self) -> None:
        self.stage.viewer.finish_typing()
        if self._shown_uid is not None:
            self.deeds.accept(self._shown_uid)
            self._show_verdict()

    def _on_accepted(self, image_uid: str) -> None:
        self._advance_after = image_uid
        self.reload()

    def _export(self, wanted: str) -> None:
        if self.view is not None and self._study_uid is not None:
            self.deeds.exports.ask(wanted, self._study_uid, self.view)

    def _ask_reason(self) -> None:
        if (view := self.view) is None or (image_uid := self._shown_uid) is None:
            return
        dialog = ReasonsDialog(view.name, self._reasons, self.window())
        dialog.accepted.connect(lambda: self._reject(image_uid, dialog.reason))
        open_over(dialog, self.window())

    def _reject(self, image_uid: str, reason: str | None) -> None:
        if reason is not None:
            self._reasons[reason] += 1
            self.deeds.reject(image_uid, reason)
            self._show_verdict()

    def _take_back(self, view_id: str) -> None:
        view = next((each for each in (self._board.views if self._board else ()) if each.view_id == view_id), None)
        if view is not None and view.image_uid is not None:
            self.choose(view_id)
            self.deeds.take_back(view.image_uid)

    def _apologise(self, error: FieldstationError) -> None:
        self._context.toast.say(apology(error), "fault", Tone.BAD)
