"""Study: the tools of the picture, undo, the retake beside its first try, places of findings; what the desk is told."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from fieldstation.domain.annotations import FlipReason, Point, SideMarker, TextNote
from fieldstation.domain.errors import Failed
from fieldstation.domain.exams import Box, Finding, Severity
from fieldstation.domain.views import Side
from fieldstation.domain.words import Message
from fieldstation.services.boards import Picture, ViewState
from fieldstation.ui.frame.window import Window
from fieldstation.ui.study import pictures
from fieldstation.ui.study.findings import PlaceTag
from fieldstation.ui.viewer.entry import Entry
from fieldstation.ui.viewer.hand import Tool
from fieldstation.ui.viewer.toolbox import GROUPS, KEYS, STRIP
from tests.support.sample_day import CHEST, HAND, mueller_views
from tests.support.sample_desk import SampleDesk
from tests.support.study_page import chosen, holding, press, settle, show_study, use
from tests.ui.conftest import OpenWindow, Stopwatch

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def study(open_window: OpenWindow, desk: SampleDesk, qtbot: QtBot) -> Window:
    window = open_window(desk)
    show_study(window, qtbot)
    return window


def test_a_marker_is_placed_by_touch_and_accepted_with_the_picture(
    study: Window, desk: SampleDesk, stopwatch: Stopwatch, qtbot: QtBot
) -> None:
    viewer = study.study.stage.viewer
    use(study, qtbot, "marker", "right")
    qtbot.mouseClick(viewer, LEFT, pos=QPoint(150, 200))
    stopwatch.seconds += 1
    press(study, Qt.Key.Key_F10)
    settle(study, qtbot)

    assert [call[0] for call in desk.calls] == ["set_presentation", "accept"]
    (marker,) = desk.presentations["i-chest"].markers
    assert marker.side is Side.RIGHT


def test_words_that_are_still_being_typed_are_accepted_with_the_picture(
    study: Window, desk: SampleDesk, stopwatch: Stopwatch, qtbot: QtBot
) -> None:
    viewer = study.study.stage.viewer
    viewer.take(Tool.TEXT)
    qtbot.mouseClick(viewer, LEFT, pos=QPoint(150, 200))
    (entry,) = viewer.findChildren(Entry)
    entry.setText("in plaster")
    stopwatch.seconds += 1
    press(study, Qt.Key.Key_F10)
    settle(study, qtbot)

    assert [call[0] for call in desk.calls] == ["set_presentation", "accept"]
    (note,) = desk.presentations["i-chest"].annotations
    assert isinstance(note, TextNote)
    assert note.text == "in plaster"


def test_a_letter_takes_the_tool_and_the_keyboard_places_it(study: Window, qtbot: QtBot) -> None:
    viewer = study.study.stage.viewer
    viewer.setFocus()
    qtbot.keyClicks(viewer, "l")
    qtbot.waitUntil(lambda: viewer.tool is not None)
    press(study, Qt.Key.Key_Right)
    press(study, Qt.Key.Key_Return)

    (marker,) = viewer.presentation.markers
    assert marker.side is Side.LEFT


def test_undo_and_redo_by_key_and_by_button(study: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    stage = study.study.stage
    first = stage.viewer.presentation
    assert not stage.tools.button("undo").isEnabled()
    stage.use("invert")
    stage.use("rotate")
    turned = stage.viewer.presentation

    qtbot.mouseClick(stage.tools.button("undo"), LEFT)
    assert (stage.viewer.presentation.inverted, stage.viewer.presentation.quarter_turns) == (True, 0)
    qtbot.keyClick(study, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert stage.viewer.presentation == first
    qtbot.keyClick(study, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    qtbot.mouseClick(stage.tools.button("redo"), LEFT)
    assert stage.viewer.presentation == turned

    study.study.choose(HAND)
    settle(study, qtbot)
    study.study.choose(CHEST)
    settle(study, qtbot)
    assert stage.viewer.presentation == turned
    assert stage.tools.button("undo").isEnabled()
    assert desk.presentations["i-chest"] == turned


def test_start_over_is_undone_as_well(study: Window) -> None:
    stage = study.study.stage
    marked = replace(stage.viewer.presentation, markers=(SideMarker(side=Side.LEFT, at=Point(9, 9)),))
    stage.viewer.change(marked)
    stage.use("reset")
    assert stage.viewer.presentation.markers == ()

    stage.use("undo")

    assert stage.viewer.presentation == marked


def test_windows_for_one_tissue_are_those_of_the_view(study: Window, qtbot: QtBot) -> None:
    stage = study.study.stage
    automatic = stage.viewer.presentation.window_width
    qtbot.mouseClick(stage.tools.button("window"), LEFT)
    assert [row.face.name for row in stage.flyout.rows] == ["auto", "lung", "mediastinum", "invert"]
    stage.flyout.shut()

    use(study, qtbot, "window", "mediastinum")
    assert stage.viewer.presentation.window_width == 900
    use(study, qtbot, "window", "auto")
    assert stage.viewer.presentation.window_width == automatic


def test_a_list_of_tools_closes_with_the_next_touch(study: Window, qtbot: QtBot) -> None:
    stage = study.study.stage
    qtbot.mouseClick(stage.tools.button("zoom"), LEFT)
    assert stage.flyout.isVisible()
    qtbot.mouseClick(stage.tools.button("zoom"), LEFT)
    assert not stage.flyout.isVisible()
    qtbot.mouseClick(stage.tools.button("zoom"), LEFT)
    press(study, Qt.Key.Key_Escape)
    assert not stage.flyout.isVisible()
    qtbot.mouseClick(stage.tools.button("zoom"), LEFT)
    qtbot.mouseClick(stage.viewer, LEFT, pos=QPoint(20, 300))
    assert not stage.flyout.isVisible()


def test_a_list_of_tools_is_used_by_keyboard(study: Window, qtbot: QtBot) -> None:
    stage = study.study.stage
    stage.tools.button("zoom").setFocus(Qt.FocusReason.TabFocusReason)
    press(study, Qt.Key.Key_Space)
    press(study, Qt.Key.Key_Down)
    press(study, Qt.Key.Key_Down)
    press(study, Qt.Key.Key_Return)

    assert stage.viewer.scale == pytest.approx(1.0)
    assert not stage.flyout.isVisible()


def test_a_list_that_a_key_opened_shows_where_the_focus_is_and_so_does_what_it_goes_back_to(
    study: Window, qtbot: QtBot
) -> None:
    stage = study.study.stage
    stage.viewer.setFocus(Qt.FocusReason.MouseFocusReason)
    press(study, Qt.Key.Key_X)
    qtbot.waitUntil(stage.flyout.isVisible)
    assert [row.by_keyboard for row in stage.flyout.rows] == [True, False, False, False, False, False]
    press(study, Qt.Key.Key_Down)
    assert [row.by_keyboard for row in stage.flyout.rows] == [False, True, False, False, False, False]
    press(study, Qt.Key.Key_Escape)
    assert stage.tools.button("more").by_keyboard

    use(study, qtbot, "more", "export")
    assert stage.flyout.isVisible()
    assert not any(row.by_keyboard for row in stage.flyout.rows)


def test_a_reversed_plate_is_said_with_its_reason(study: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    stage = study.study.stage
    use(study, qtbot, "more", "reversed")
    row = next(each for each in stage.flyout.rows if each.face.name == "loaded-reversed")
    qtbot.mouseClick(row, LEFT)
    study.study.choose(HAND)
    settle(study, qtbot)

    assert desk.presentations["i-chest"].flipped is FlipReason.LOADED_REVERSED


def test_the_card_shows_the_picture_as_it_is_presented(study: Window, qtbot: QtBot) -> None:
    pictures = study.study._pictures
    before = pictures.thumb("i-chest")
    assert before is not None
    study.study.stage.use("invert")
    after = pictures.thumb("i-chest")

    assert after is not None
    middle = after.rect().center()
    assert after.pixelColor(middle).red() == pytest.approx(255 - before.pixelColor(middle).red(), abs=2)


def test_a_decided_picture_is_only_looked_at(study: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    stage = study.study.stage
    study.study.choose(HAND)
    settle(study, qtbot)
    noted = stage.viewer.presentation
    for name in ("crop-group", "marker", "measure", "note", "undo", "redo"):
        assert not stage.tools.button(name).isEnabled()
    for tool in ("right", "reset", "from-behind"):
        stage.use(tool)
    stage.use("invert")
    assert stage.viewer.presentation.inverted
    study.study.choose(CHEST)
    settle(study, qtbot)
    assert desk.calls == []

    study.study.choose(HAND)
    settle(study, qtbot)
    assert stage.viewer.presentation == noted


@pytest.mark.parametrize("error", [None, Failed("disk.full")])
def test_a_picture_takes_nothing_from_accept_on_until_that_has_failed(
    study: Window, desk: SampleDesk, stopwatch: Stopwatch, qtbot: QtBot, error: Failed | None
) -> None:
    go_on = threading.Event()
    plain = desk.accept

    def slow(image_uid: str) -> None:
        if not go_on.wait(60):
            pytest.fail("nobody let the verdict go on")
        if error is not None:
            raise error
        plain(image_uid)

    desk.accept = slow  # type: ignore[method-assign]
    page, stage = study.study, study.study.stage
    stage.use("rotate")
    noted = stage.viewer.presentation
    stage.use("right")
    stopwatch.seconds += 1
    press(study, Qt.Key.Key_F10)

    assert stage.viewer.tool is None
    page.choose(HAND)
    page.choose(CHEST)
    for tool in ("right", "rotate-back", "undo", "reset"):
        assert not stage.tools.button("undo").isEnabled()
        stage.use(tool)
    stage.use("invert")
    page.reload()
    stopwatch.seconds += 1
    press(study, Qt.Key.Key_F10)
    page.deeds.flush()
    qtbot.waitUntil(lambda: not page._loading._running)
    assert not stage.editable
    go_on.set()
    settle(study, qtbot)

    done = [("set_presentation", "i-chest", noted)]
    assert desk.calls == (done if error else [*done, ("accept", "i-chest")])
    page.choose(CHEST)
    settle(study, qtbot)
    assert stage.viewer.presentation == noted
    assert stage.editable == (error is not None)
    assert page.quality.verdict.accept_button.isEnabled() == stage.editable


def test_a_retake_is_seen_beside_its_first_try_and_both_move_together(study: Window, qtbot: QtBot) -> None:
    stage = study.study.stage
    study.study.choose(HAND)
    settle(study, qtbot)
    use(study, qtbot, "more", "compare")
    settle(study, qtbot)
    assert stage.before.isVisible()

    stage.viewer.zoom(3)
    stage.viewer.pan(QPointF(100, 60))
    assert stage.before.lens.camera.x == pytest.approx(stage.viewer.lens.camera.x)
    assert stage.before.scale == pytest.approx(stage.viewer.scale)
    qtbot.mousePress(stage.before, LEFT, pos=QPoint(100, 100))
    qtbot.mouseMove(stage.before, QPoint(160, 100))
    qtbot.mouseRelease(stage.before, LEFT, pos=QPoint(160, 100))
    assert stage.viewer.presentation.window_width == pytest.approx(stage.before.presentation.window_width)

    study.study.choose(CHEST)
    settle(study, qtbot)
    assert not stage.before.isVisible()
    assert study.study.views.isVisible()


def test_a_finding_with_a_place_has_its_number_in_the_row_and_leads_there(
    open_window: OpenWindow, desk: SampleDesk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = (
        Finding(message=Message("finding.on_target", {"di": "+0.4"}), severity=Severity.FINE),
        Finding(message=Message("finding.marker_missing"), severity=Severity.CAUTION),
        Finding(message=Message("finding.cassette_back"), severity=Severity.BAD, box=Box(10, 120, 14, 50)),
    )
    plain = desk.picture

    def with_findings(image_uid: str) -> Picture:
        picture = plain(image_uid)
        return replace(picture, detail=replace(picture.detail, findings=findings))

    monkeypatch.setattr(desk, "picture", with_findings)
    window = open_window(desk)
    show_study(window, qtbot)
    viewer = window.study.stage.viewer
    (tag,) = window.study.quality.findChildren(PlaceTag)
    whole = viewer.scale

    qtbot.mouseClick(tag, LEFT)

    assert tag.number == 1
    assert viewer.scale > whole
    assert viewer.sheet is not None
    middle = viewer.lens.box(viewer.sheet.places[0]).center()
    assert (middle.x(), middle.y()) == pytest.approx((viewer.width() / 2, viewer.height() / 2), abs=1)


def test_what_is_fine_takes_one_line_where_it_is_tight(open_window: OpenWindow, desk: SampleDesk, qtbot: QtBot) -> None:
    window = open_window(desk)
    window.resize(1280, 720)
    show_study(window, qtbot)

    for button in (window.study.quality.verdict.accept_button, window.study.quality.verdict.retake_button):
        assert window.rect().contains(button.mapTo(window, button.rect().bottomRight()))


def test_going_back_to_a_picture_asks_nobody_again(study: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    asked: list[str] = []
    plain = desk.picture

    def counted(image_uid: str) -> Picture:
        asked.append(image_uid)
        return plain(image_uid)

    desk.picture = counted  # type: ignore[method-assign]
    study.study.choose(HAND)
    assert study.study.stage.viewer.sheet is not None
    study.study.choose(CHEST)
    assert study.study.stage.viewer.sheet is not None

    assert asked == []


def test_no_more_pictures_are_kept_than_there_is_room_for(
    open_window: OpenWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "KEPT_BYTES", 3 * 300 * 300 * 2)
    views = tuple(replace(mueller_views()[0], view_id=f"v{n}", image_uid=f"i-{n}", rejected=()) for n in range(5))
    window = open_window(SampleDesk(views=views, large=np.zeros((300, 300), np.uint16)))
    show_study(window, qtbot)

    kept = [uid for uid in (f"i-{n}" for n in range(5)) if window.study._pictures.get(uid) is not None]
    assert len(kept) == 3


def test_while_a_plate_is_read_there_is_nothing_to_work_on(study: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    go_on = threading.Event()
    desk.step = holding(go_on)
    study.study.choose("v-lateral")
    study.study.stage.form.button.click()
    qtbot.waitUntil(lambda: study.study.run.fraction >= 0.3)

    study.study.stage.use("right")
    study.study.stage.use("more")
    assert study.study.stage.viewer.tool is None
    assert not study.study.stage.flyout.isVisible()
    go_on.set()
    settle(study, qtbot)


def test_every_tool_is_reached_by_hand_and_has_one_key_at_most(study: Window) -> None:
    faces = [face for group in (STRIP, *GROUPS.values()) for face in group]
    keys = [face.key for face in faces if face.key]
    assert len(keys) == len(set(keys))
    assert set(KEYS) >= set("RLICDAT01[]")
    assert chosen(study) == CHEST
    assert study.study.view is not None
    assert study.study.view.state is ViewState.UNDECIDED
    for face in faces:
        if face.name.startswith("export-"):
            continue
        study.study.stage.use(face.name)
        QApplication.processEvents()
        study.study.stage.flyout.hide()
