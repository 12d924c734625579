"""The viewer: window, zoom, pan, rotation; a gesture is told once, when it has ended."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QPalette, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from fieldstation.domain.annotations import Area, Distance, FlipReason, Point
from fieldstation.domain.exams import Presentation
from fieldstation.ui.viewer import rendering
from fieldstation.ui.viewer.canvas import Captions, Sheet
from fieldstation.ui.viewer.pyramid import Pyramid
from fieldstation.ui.viewer.rendering import Camera, Renderer
from fieldstation.ui.viewer.screen import screen_of
from fieldstation.ui.viewer.viewer import Viewer

WINDOW = Presentation(window_center=2048, window_width=4096)


def ramp(rows: int = 600, columns: int = 800) -> np.ndarray[tuple[int, int], np.dtype[np.uint16]]:
    """Brighter to the right, so that every column has its own value."""
    return np.ascontiguousarray(np.broadcast_to(np.arange(columns, dtype=np.uint16) * 5, (rows, columns)))


def sheet() -> Sheet:
    captions = Captions(["Somebody", "Chest PA"], ["DI +0.4"])
    return Sheet(pyramid=Pyramid(ramp()), pitch_mm=0.1, automatic=WINDOW, captions=captions)


@pytest.fixture
def viewer(qapp: QApplication, qtbot: QtBot) -> Viewer:
    made = Viewer()
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show_sheet(sheet(), WINDOW)
    made.show()
    return made


def grey_at(viewer: Viewer, x: int, y: int) -> int:
    return viewer.grab().toImage().pixelColor(x, y).red()


def scroll(viewer: Viewer, at: QPoint, clicks: int) -> None:
    upright = False
    event = QWheelEvent(
        QPointF(at),
        QPointF(viewer.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * clicks),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        upright,
    )
    QApplication.sendEvent(viewer, event)


@pytest.mark.parametrize(("center", "width"), [(2048.0, 4096.0), (1000.0, 200.0), (40.5, 2.0)])
def test_the_window_is_that_of_the_standard(center: float, width: float) -> None:
    """PS3.3 C.11.2.1.2.1, linear, for an output of 0 to 255."""
    table = rendering.table(Presentation(window_center=center, window_width=width))

    for value in (0, 1, 39, 40, 41, 999, 1000, 1001, 2047, 4095, 65535):
        if value <= center - 0.5 - (width - 1) / 2:
            expected = 0.0
        elif value > center - 0.5 + (width - 1) / 2:
            expected = 255.0
        else:
            expected = ((value - (center - 0.5)) / (width - 1) + 0.5) * 255
        assert table[value] == pytest.approx(expected, abs=0.51)


def test_inverted_is_the_negative() -> None:
    plain = rendering.table(WINDOW)
    negative = rendering.table(Presentation(window_center=2048, window_width=4096, inverted=True))

    assert np.array_equal(negative, 255 - plain)


def test_every_level_has_half_of_the_one_before() -> None:
    pyramid = Pyramid(np.zeros((4300, 3500), dtype=np.uint16))

    assert (pyramid.rows, pyramid.columns) == (4300, 3500)
    assert pyramid.level_for(1.0)[1] == 0
    assert pyramid.level_for(0.5)[1] == 1
    assert pyramid.level_for(0.3)[0].shape == (2150, 1750)
    assert min(pyramid.smallest.shape) >= 256


def test_a_picture_is_shown_whole_and_in_its_grey_values(viewer: Viewer) -> None:
    assert viewer.scale == pytest.approx(1.0)
    assert grey_at(viewer, 400, 300) == pytest.approx(400 * 5 / 4095 * 255, abs=1.5)


def test_another_sheet_brings_its_own_captions(viewer: Viewer) -> None:
    """What is written is kept from frame to frame; never from one person to the next."""
    first = viewer.grab().toImage()
    viewer.show_sheet(replace(sheet(), captions=Captions(["Other", "Hand PA"])), WINDOW)
    assert viewer.grab().toImage() != first
    viewer.show_sheet(sheet(), WINDOW)
    assert viewer.grab().toImage() == first


def test_dragging_changes_the_window_and_tells_it_once(viewer: Viewer, qtbot: QtBot) -> None:
    told: list[Presentation] = []
    viewer.presented.connect(told.append)

    qtbot.mousePress(viewer, Qt.MouseButton.LeftButton, pos=QPoint(400, 300))
    qtbot.mouseMove(viewer, QPoint(420, 300))
    qtbot.mouseMove(viewer, QPoint(440, 310))
    assert told == []
    qtbot.mouseRelease(viewer, Qt.MouseButton.LeftButton, pos=QPoint(440, 310))

    assert len(told) == 1
    assert told[0] == viewer.presentation
    assert told[0].window_width == pytest.approx(4096 * 1.1)
    assert told[0].window_center < 2048


def test_a_click_is_no_gesture(viewer: Viewer, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(viewer.presented):
        qtbot.mouseClick(viewer, Qt.MouseButton.LeftButton, pos=QPoint(400, 300))


def test_zoom_keeps_the_point_under_the_pointer(viewer: Viewer) -> None:
    before = grey_at(viewer, 600, 300)

    scroll(viewer, QPoint(600, 300), 3)

    assert viewer.scale == pytest.approx(1.2**3)
    assert grey_at(viewer, 600, 300) == pytest.approx(before, abs=2)


def test_a_picture_in_motion_is_sharp_once_it_rests(viewer: Viewer, qtbot: QtBot) -> None:
    def seen() -> QImage:
        """Without the ring of the focus and the words at the edges."""
        return viewer.grab().toImage().copy(200, 150, 400, 300)

    pixels = np.random.default_rng(1).integers(0, 4096, (1200, 1600), dtype=np.uint16)
    noise = replace(sheet(), pyramid=Pyramid(pixels))
    viewer.show_sheet(noise, WINDOW)
    viewer.zoom(1.1)
    sharp = seen()

    viewer.show_sheet(noise, WINDOW)
    viewer.zoom(0.5)
    viewer.zoom(0.6)

    assert seen() != sharp
    qtbot.waitUntil(lambda: seen() == sharp)


def test_a_picture_out_of_sight_is_at_rest(viewer: Viewer) -> None:
    rest = viewer.findChild(QTimer)
    assert rest is not None
    viewer.zoom(1)
    assert rest.isActive()

    viewer.hide()
    viewer.resize(700, 500)
    viewer.zoom(1)

    assert not rest.isActive()


def test_what_lies_over_the_picture_stays_and_beside_it_the_picture_is_the_same(
    qapp: QApplication, qtbot: QtBot
) -> None:
    """The pixels of the screen are written at once where all of them are to be, and painted where some are not."""

    def screen() -> QImage:
        seen = stage.backingStore().paintDevice()
        assert isinstance(seen, QImage)
        return seen.copy()

    stage = QWidget()
    qtbot.addWidget(stage)
    stage.resize(860, 650)
    viewer = Viewer(stage)
    viewer.setGeometry(40, 30, 800, 600)
    over = QWidget(stage)
    over.setGeometry(340, 230, 100, 80)
    over.setAutoFillBackground(True)
    over.setPalette(QPalette(QColor("red")))
    over.hide()
    line = Distance(start=Point(100, 300), end=Point(700, 420))
    viewer.show_sheet(sheet(), replace(WINDOW, annotations=(line,)))
    viewer.zoom(-0.5)
    viewer.zoom(1.5)
    stage.show()
    qapp.processEvents()
    stage.repaint()
    alone = screen()

    over.show()
    over.repaint()
    viewer.repaint()
    covered = screen()

    assert covered.pixelColor(390, 270).name() == "#ff0000"
    painter = QPainter(alone)
    painter.fillRect(over.geometry(), QColor("red"))
    painter.end()
    assert alone == covered


def test_a_screen_is_written_to_only_pixel_upon_pixel() -> None:
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    painter.translate(10, 5)
    pixels = screen_of(painter, QSize(20, 15))
    assert pixels is not None
    pixels[0, 0] = pixels[14, 19] = -1
    assert screen_of(painter, QSize(31, 15)) is None
    painter.scale(0.5, 0.5)
    assert screen_of(painter, QSize(20, 15)) is None
    painter.end()

    assert image.pixelColor(10, 5) == image.pixelColor(29, 19) == QColor("white")
    assert image.pixelColor(30, 19) == image.pixelColor(9, 5) == QColor("black")


def test_zooming_out_ends_at_the_whole_picture(viewer: Viewer) -> None:
    scroll(viewer, QPoint(100, 100), 2)
    scroll(viewer, QPoint(700, 500), -20)

    assert viewer.scale == pytest.approx(1.0)


def test_the_middle_button_moves_the_picture(viewer: Viewer, qtbot: QtBot) -> None:
    scroll(viewer, QPoint(400, 300), 4)
    before = grey_at(viewer, 300, 300)

    qtbot.mousePress(viewer, Qt.MouseButton.MiddleButton, pos=QPoint(300, 300))
    qtbot.mouseMove(viewer, QPoint(360, 300))
    qtbot.mouseRelease(viewer, Qt.MouseButton.MiddleButton, pos=QPoint(360, 300))

    assert grey_at(viewer, 360, 300) == pytest.approx(before, abs=2)


def test_space_makes_dragging_pan(viewer: Viewer, qtbot: QtBot) -> None:
    qtbot.keyPress(viewer, Qt.Key.Key_Space)
    with qtbot.assertNotEmitted(viewer.presented):
        qtbot.mousePress(viewer, Qt.MouseButton.LeftButton, pos=QPoint(300, 300))
        qtbot.mouseMove(viewer, QPoint(400, 300))
        qtbot.mouseRelease(viewer, Qt.MouseButton.LeftButton, pos=QPoint(400, 300))
    qtbot.keyRelease(viewer, Qt.Key.Key_Space)

    assert viewer.presentation == WINDOW


def test_a_quarter_turn_turns_the_picture_clockwise(viewer: Viewer) -> None:
    viewer.rotate(1)

    assert viewer.presentation.quarter_turns == 1
    assert grey_at(viewer, 400, 20) < grey_at(viewer, 400, 580)
    viewer.rotate(-1)
    assert viewer.presentation.quarter_turns == 0


def test_reset_undoes_everything(viewer: Viewer) -> None:
    viewer.rotate(1)
    viewer.invert()
    scroll(viewer, QPoint(400, 300), 5)

    viewer.reset()

    assert viewer.presentation == WINDOW
    assert viewer.scale == pytest.approx(1.0)


def test_a_picture_out_of_sight_is_no_error() -> None:
    pyramid = Pyramid(ramp())

    assert Renderer().cut_out(pyramid.level_for(1.0), Area(0, 0, 800, 600), Camera(-5000, 300, 1.0), 800, 600) is None


@pytest.mark.parametrize("turns", range(4))
def test_a_thumbnail_fills_its_place_and_lies_as_the_picture_does(turns: int) -> None:
    pixels = ramp()
    pixels[:300, :400] = 4000
    crop = Area(0, 0, 800, 600)
    for flipped in (None, FlipReason.FROM_BEHIND):
        lies = replace(WINDOW, quarter_turns=turns, flipped=flipped, crop=crop)
        made = rendering.thumbnail(Pyramid(pixels), lies, 64, 80)
        laid = Pyramid(pixels).laid(lies.placement(600, 800)).smallest
        corners = [laid[row, column] > 3900 for row in (100, -100) for column in (100, -100)]

        assert made.shape == (80, 64)
        assert [bool(made[row, column] > 230) for row in (5, -5) for column in (5, -5)] == corners


def test_two_fingers_zoom_and_pan_and_take_back_what_the_first_one_began(viewer: Viewer, qtbot: QtBot) -> None:
    screen = QTest.createTouchDevice()
    viewer.zoom(2)
    scale, middle = viewer.scale, viewer.lens.camera.x
    first, second = QPoint(300, 300), QPoint(420, 300)
    qtbot.mousePress(viewer, Qt.MouseButton.LeftButton, pos=first)
    qtbot.mouseMove(viewer, QPoint(310, 300))
    assert viewer.presentation != WINDOW

    QTest.touchEvent(viewer, screen).press(0, first).press(1, second).commit()
    for step in range(1, 9):
        outward = QPoint(12 * step, 0)
        QTest.touchEvent(viewer, screen).move(0, first - outward).move(1, second + outward * 2).commit()
    QTest.touchEvent(viewer, screen).release(0, first - outward).release(1, second + outward * 2).commit()

    assert viewer.scale > scale * 1.5
    assert viewer.lens.camera.x != pytest.approx(middle)
    assert viewer.presentation == WINDOW


@pytest.mark.parametrize("times", [1.0, 0.5])
def test_true_size_is_that_of_the_plate_as_the_screen_tells_it(viewer: Viewer, times: float) -> None:
    """Also where the whole picture would be larger on the screen."""
    viewer.resize(round(800 * times), round(600 * times))

    viewer.true_size()

    assert viewer.lens.per_mm * 25.4 == pytest.approx(viewer.screen().physicalDotsPerInch())
