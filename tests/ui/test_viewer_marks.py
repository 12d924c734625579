"""What is put on a picture: placed by touch or by keyboard, taken, moved, deleted; and where it is on the plate."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetricsF, QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from fieldstation.domain.annotations import Angle, Area, Arrow, Distance, FlipReason, Point, SideMarker, TextNote
from fieldstation.domain.exams import Presentation
from fieldstation.domain.presenting import check_presentation
from fieldstation.domain.views import Side
from fieldstation.ui.fonts import sized
from fieldstation.ui.viewer.canvas import Sheet
from fieldstation.ui.viewer.editor import Editor
from fieldstation.ui.viewer.hand import Tool
from fieldstation.ui.viewer.history import History
from fieldstation.ui.viewer.items import items_of
from fieldstation.ui.viewer.overlay import text_width, words
from fieldstation.ui.viewer.places import outlines
from fieldstation.ui.viewer.pyramid import Pyramid
from fieldstation.ui.widgets.button import Button

WINDOW = Presentation(window_center=2048, window_width=4096)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def editor(qapp: QApplication, qtbot: QtBot) -> Editor:
    """One screen pixel a sample, 0.1 mm each."""
    made = Editor()
    qtbot.addWidget(made)
    made.resize(800, 600)
    pixels = np.full((600, 800), 1000, dtype=np.uint16)
    made.show_sheet(Sheet(pyramid=Pyramid(pixels), pitch_mm=0.1, automatic=WINDOW), WINDOW)
    made.allow(editable=True)
    made.show()
    return made


def drag(qtbot: QtBot, editor: Editor, start: tuple[int, int], end: tuple[int, int]) -> None:
    qtbot.mousePress(editor, LEFT, pos=QPoint(*start))
    qtbot.mouseMove(editor, QPoint(*end))
    qtbot.mouseRelease(editor, LEFT, pos=QPoint(*end))


def key(editor: Editor, code: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> bool:
    return editor.take_key(QKeyEvent(QKeyEvent.Type.KeyPress, code, modifiers))


def test_a_marker_is_placed_where_the_finger_is_lifted(editor: Editor, qtbot: QtBot) -> None:
    editor.initials = "RA"
    editor.take(Tool.RIGHT)
    with qtbot.waitSignal(editor.presented):
        drag(qtbot, editor, (100, 100), (200, 150))

    assert editor.presentation.markers == (SideMarker(side=Side.RIGHT, at=Point(200, 150), initials="RA"),)
    assert editor.tool is None
    assert editor.presentation.window_width == WINDOW.window_width


def test_nothing_is_placed_by_taking_a_tool(editor: Editor, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(editor.presented):
        editor.take(Tool.LEFT)
        key(editor, Qt.Key.Key_Escape)

    assert editor.tool is None
    assert items_of(editor.presentation) == ()


def test_a_decided_picture_takes_nothing(editor: Editor, qtbot: QtBot) -> None:
    editor.allow(editable=False)
    editor.take(Tool.RIGHT)
    editor.flip(FlipReason.FROM_BEHIND)
    qtbot.mouseClick(editor, LEFT, pos=QPoint(300, 300))

    assert editor.presentation == WINDOW


def test_a_distance_is_drawn_or_touched_and_measured_at_the_plate(editor: Editor, qtbot: QtBot) -> None:
    editor.take(Tool.DISTANCE)
    drag(qtbot, editor, (100, 100), (400, 500))
    editor.take(Tool.DISTANCE)
    qtbot.mouseClick(editor, LEFT, pos=QPoint(500, 100))
    qtbot.mouseClick(editor, LEFT, pos=QPoint(500, 200))

    drawn, touched = editor.presentation.annotations
    assert isinstance(drawn, Distance)
    assert drawn.length_mm(0.1) == pytest.approx(50.0)
    assert touched == Distance(start=Point(500, 100), end=Point(500, 200))


def test_an_angle_takes_three_touches(editor: Editor, qtbot: QtBot) -> None:
    editor.take(Tool.ANGLE)
    for x, y in ((100, 300), (300, 300), (300, 100)):
        qtbot.mouseClick(editor, LEFT, pos=QPoint(x, y))

    (angle,) = editor.presentation.annotations
    assert isinstance(angle, Angle)
    assert angle.degrees() == pytest.approx(90)


def test_an_arrow_points_to_where_it_was_begun(editor: Editor, qtbot: QtBot) -> None:
    editor.take(Tool.ARROW)
    drag(qtbot, editor, (300, 300), (400, 200))

    assert editor.presentation.annotations == (Arrow(tip=Point(300, 300), tail=Point(400, 200)),)


def test_text_is_typed_where_it_was_touched_and_changed_by_double_tap(editor: Editor, qtbot: QtBot) -> None:
    editor.take(Tool.TEXT)
    qtbot.mouseClick(editor, LEFT, pos=QPoint(200, 300))
    entry = editor.findChild(QLineEdit)
    assert entry is not None
    qtbot.keyClicks(entry, "Sitting")
    qtbot.keyClick(entry, Qt.Key.Key_Return)
    assert editor.presentation.annotations == (TextNote(at=Point(200, 300), text="Sitting"),)

    qtbot.mouseClick(editor, LEFT, pos=QPoint(210, 300))
    qtbot.mouseDClick(editor, LEFT, pos=QPoint(210, 300))
    again = next(each for each in editor.findChildren(QLineEdit) if each.isVisible())
    again.setText("Supine")
    qtbot.keyClick(again, Qt.Key.Key_Return)

    assert editor.presentation.annotations == (TextNote(at=Point(200, 300), text="Supine"),)


def test_everything_is_done_by_keyboard_alone(editor: Editor) -> None:
    editor.take(Tool.RIGHT)
    key(editor, Qt.Key.Key_Left)
    key(editor, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    key(editor, Qt.Key.Key_Return)
    assert editor.presentation.markers[0].at == Point(392, 299)

    key(editor, Qt.Key.Key_Right)
    assert editor.presentation.markers[0].at == Point(400, 299)
    key(editor, Qt.Key.Key_Delete)
    assert editor.presentation.markers == ()


def test_arrow_keys_window_where_nothing_is_in_the_hand(editor: Editor) -> None:
    assert key(editor, Qt.Key.Key_Right)
    assert editor.presentation.window_width > WINDOW.window_width


def test_a_thing_is_moved_within_a_fingers_reach_and_never_off_the_plate(editor: Editor, qtbot: QtBot) -> None:
    editor.take(Tool.ARROW)
    drag(qtbot, editor, (300, 300), (400, 300))

    drag(qtbot, editor, (350, 318), (350, 338))
    assert editor.presentation.annotations == (Arrow(tip=Point(300, 320), tail=Point(400, 320)),)
    drag(qtbot, editor, (400, 320), (450, 350))
    assert editor.presentation.annotations == (Arrow(tip=Point(300, 320), tail=Point(450, 350)),)
    drag(qtbot, editor, (370, 334), (799, 334))

    (arrow,) = editor.presentation.annotations
    assert isinstance(arrow, Arrow)
    assert arrow.tail.x == pytest.approx(800)
    check_presentation(editor.presentation, 600, 800)


def test_beside_everything_the_window_is_dragged(editor: Editor, qtbot: QtBot) -> None:
    editor.take(Tool.RIGHT)
    qtbot.mouseClick(editor, LEFT, pos=QPoint(100, 100))
    drag(qtbot, editor, (500, 500), (540, 500))

    assert editor.presentation.window_width > WINDOW.window_width
    assert editor.chosen is None


def test_the_chosen_thing_is_deleted_by_its_button(editor: Editor, qtbot: QtBot) -> None:
    editor.take(Tool.RIGHT)
    qtbot.mouseClick(editor, LEFT, pos=QPoint(300, 300))
    bin_button = next(each for each in editor.findChildren(Button) if each.accessibleName() == "Delete")

    qtbot.mouseClick(bin_button, LEFT)

    assert editor.presentation.markers == ()
    assert not bin_button.isVisible()


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("flipped", [None, FlipReason.FROM_BEHIND])
def test_turning_and_flipping_leave_it_on_the_same_place_of_the_plate(
    editor: Editor, qtbot: QtBot, turns: int, flipped: FlipReason | None
) -> None:
    editor.flip(flipped)
    editor.rotate(turns)
    editor.take(Tool.RIGHT)
    qtbot.mouseClick(editor, LEFT, pos=QPoint(300, 200))
    seen = editor.lens.to_screen(editor.presentation.markers[0].at)

    assert (seen.x(), seen.y()) == pytest.approx((300, 200))
    plate = Presentation(window_center=0, window_width=1, quarter_turns=turns, flipped=flipped).placement(600, 800)
    assert plate == editor.lens.placement


def test_a_reversed_plate_is_mirrored_with_a_reason_and_asks_for_the_marker_again(editor: Editor, qtbot: QtBot) -> None:
    pixels = np.zeros((600, 800), dtype=np.uint16)
    pixels[:, :400] = 4000
    editor.show_sheet(Sheet(pyramid=Pyramid(pixels), pitch_mm=0.1, automatic=WINDOW), WINDOW)
    editor.take(Tool.RIGHT)
    qtbot.mouseClick(editor, LEFT, pos=QPoint(300, 300))

    editor.flip(FlipReason.LOADED_REVERSED)

    assert editor.presentation.markers == ()
    assert editor.presentation.asks_for_marker
    image = editor.grab().toImage()
    assert image.pixelColor(200, 300).red() < 20
    assert image.pixelColor(600, 300).red() > 200


def test_what_is_cropped_is_fitted_in_and_what_is_covered_is_black(editor: Editor, qtbot: QtBot) -> None:
    editor.take(Tool.CROP)
    drag(qtbot, editor, (200, 150), (600, 450))
    assert editor.presentation.crop == Area(200, 150, 600, 450)
    assert editor.scale == pytest.approx(2.0)

    editor.take(Tool.SHUTTER)
    drag(qtbot, editor, (200, 100), (600, 500))
    assert editor.presentation.shutter == Area(300, 200, 500, 400)
    image = editor.grab().toImage()
    assert image.pixelColor(100, 300).red() == 0
    assert image.pixelColor(400, 300).red() > 50

    editor.show_all()
    assert editor.presentation == WINDOW


def test_a_crop_that_is_too_small_is_none(editor: Editor, qtbot: QtBot) -> None:
    editor.take(Tool.CROP)
    drag(qtbot, editor, (200, 150), (210, 450))

    assert editor.presentation.crop is None
    assert editor.tool is None


def test_lines_are_drawn_over_the_picture_at_the_screens_resolution(editor: Editor, qtbot: QtBot) -> None:
    editor.take(Tool.DISTANCE)
    drag(qtbot, editor, (100, 300), (700, 300))
    key(editor, Qt.Key.Key_Escape)
    image = editor.grab().toImage()

    assert image.pixelColor(300, 300).lightness() > 150
    assert image.pixelColor(300, 298).lightness() < 60


@pytest.mark.parametrize("size", [10, 37, 120])
def test_letters_that_grow_with_the_picture_are_those_of_the_typeface(qapp: QApplication, size: int) -> None:
    metrics = QFontMetricsF(sized(size))
    image = words(1.0, QPointF(0, 0), "RA", size, Qt.AlignmentFlag.AlignLeft).image

    assert text_width("RA", size) == pytest.approx(metrics.horizontalAdvance("RA"), rel=0.02)
    seen = [
        (x, y) for x in range(image.width()) for y in range(image.height()) if image.pixelColor(x, y).lightness() > 200
    ]
    high = max(y for _, y in seen) - min(y for _, y in seen) + 1
    assert high == pytest.approx(metrics.capHeight(), abs=2)


def test_undo_and_redo_go_through_what_was_done() -> None:
    first, second, third = (Presentation(window_center=1, window_width=width) for width in (1, 2, 3))
    history = History(first)
    history.push(second)
    history.push(third)

    assert history.undo() == second
    assert history.undo() == first
    assert not history.can_undo
    assert history.undo() == first
    assert history.redo() == second
    history.push(first)
    assert not history.can_redo
    assert history.undo() == second


def test_a_region_is_outlined_in_plate_pixels() -> None:
    mask = np.zeros((43, 35), np.bool_)
    mask[10:31, 5:26] = True

    (edge,) = outlines(mask, 4300, 3500)

    assert edge[:, 0].min() == pytest.approx(550)
    assert edge[:, 0].max() == pytest.approx(2550)
    assert edge[:, 1].min() == pytest.approx(1050)


def test_a_place_far_from_the_screen_is_no_error(editor: Editor) -> None:
    editor.zoom(8)
    editor.pan(QPointF(-3000, -3000))

    assert not editor.grab().isNull()
