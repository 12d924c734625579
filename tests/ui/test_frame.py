"""The frame: pills, badge, theme, keys; and on every page, nothing cut and nothing too small for a finger."""

from dataclasses import replace
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from fieldstation.domain.reader import ReaderState
from fieldstation.services.boards import StatusBoard
from fieldstation.ui import theme
from fieldstation.ui.frame.topbar import link_pill, plates_pill, reader_pill, sending_pill
from fieldstation.ui.frame.window import Window
from fieldstation.ui.widgets.stepper import Choice, Stepper
from fieldstation.ui.widgets.text import Paragraph, Text
from tests.support.sample_day import CHEST, HAND, LATERAL, MUELLER, at, todays_link
from tests.support.sample_desk import SampleDesk

W = TypeVar("W", bound=QWidget)
PLACES = ["today", "stack-0", "stack-1", "stack-2", "study-judge", "study-accepted", "study-form", "sending"]


def status(**changes: object) -> StatusBoard:
    return replace(SampleDesk().status(), **changes)  # type: ignore[arg-type]


def go_to(window: Window, place: str, qtbot: QtBot) -> None:
    page, _, part = place.partition("-")
    if page == "study":
        window.open_study(MUELLER)
        qtbot.waitUntil(lambda: window.settled)
        window.study.choose({"judge": CHEST, "accepted": HAND, "form": LATERAL}[part])
    else:
        window.go(page)
        if part:
            window.stack.show_part(int(part))
    qtbot.waitUntil(lambda: window.settled)
    for _ in range(3):
        QApplication.processEvents()


def visible(window: Window, kind: type[W]) -> list[W]:
    return [widget for widget in window.findChildren(kind) if widget.isVisible()]


@pytest.mark.parametrize("size", [(1280, 720), (1366, 768), (1920, 1080)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("look", ["night", "day"])
@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_cut_and_every_target_fits_a_finger(
    window: Window, qtbot: QtBot, place: str, look: str, size: tuple[int, int]
) -> None:
    window.resize(*size)
    window.wear(theme.THEMES[look])
    go_to(window, place, qtbot)

    targets: list[QWidget] = [
        *visible(window, QAbstractButton),
        *visible(window, QLineEdit),
        *visible(window, Stepper),
        *visible(window, Choice),
    ]
    targets = [each for each in targets if not isinstance(each.parent(), QLineEdit)]
    assert len(targets) > 5
    assert [each.accessibleName() for each in targets if min(each.width(), each.height()) < 44] == []
    assert [type(each).__name__ for each in targets if not each.accessibleName()] == []
    squeezed = [each for each in targets if each.width() < each.minimumSizeHint().width()]
    assert [each.accessibleName() for each in squeezed] == []
    assert [each.text() for each in visible(window, Text) if _elided(each) and not _may_give_way(window, each)] == []
    assert [
        each.text() for each in visible(window, Paragraph) if each.heightForWidth(each.width()) > each.height()
    ] == []
    assert window.size().toTuple() == size


def _elided(text: Text) -> bool:
    return QFontMetrics(text.font()).horizontalAdvance(text.text()) > text.width()


def _may_give_way(window: Window, text: Text) -> bool:
    # Only where we are, which the page says anyway, may be shortened in the bar; it is whole in its tool tip.
    return window.topbar.isAncestorOf(text) and text.toolTip() == text.text()


def test_keys_lead_to_every_page_and_to_the_other_theme(window: Window, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    assert window.sending.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert window.today.isVisible()
    with qtbot.waitSignal(window.theme_chosen) as chosen:
        qtbot.keyClick(window, Qt.Key.Key_F8)

    assert chosen.args == ["day"]
    assert theme.current() is theme.DAY
    qtbot.waitUntil(lambda: window.settled)


def test_the_keyboard_reaches_every_control_of_a_page(window: Window, qtbot: QtBot) -> None:
    go_to(window, "study-judge", qtbot)
    seen: set[str] = set()
    for _ in range(60):
        qtbot.keyClick(window.focusWidget() or window, Qt.Key.Key_Tab)
        focus = window.focusWidget()
        if focus is not None:
            seen.add(focus.accessibleName())

    assert {"Today", "Study", "Accept, F10", "Retake, F9", "Rotate", "Picture"} <= seen
    assert any(name.startswith("Send study") for name in seen)
    assert any(name.startswith("Take the verdict back") for name in seen)


def test_a_change_by_another_process_shows_within_a_poll(window: Window, desk: SampleDesk, qtbot: QtBot) -> None:
    desk.board = replace(desk.board, owed=41)
    desk.changed("elsewhere")

    qtbot.waitUntil(lambda: window.topbar.board is not None and window.topbar.board.owed == 41)
    qtbot.waitUntil(lambda: window.settled)


def test_an_unopened_study_page_says_what_to_do(window: Window, qtbot: QtBot) -> None:
    window.go("study")

    assert "Choose an order on Today." in [text.text() for text in visible(window, Text)]


def test_the_reader_pill_tells_state_fault_and_progress() -> None:
    assert reader_pill(status(), None).words == "Reader ready"
    assert reader_pill(status(), 0.615).words == "Reading 61 %"
    assert reader_pill(status(), 0.615).progress == 0.615
    assert reader_pill(status(reader=ReaderState.FAULT), None).tone is theme.Tone.BAD
    assert all(reader_pill(status(reader=state), None).words for state in ReaderState)


def test_the_link_pill_never_promises_what_was_not_tried() -> None:
    assert link_pill(status(link=todays_link(up=None))).words == "Link not tried"
    assert link_pill(status(link=todays_link(up=False))).words == "No link"
    assert link_pill(status(link=todays_link(up=True, rate=None))).words == "Link up"
    assert link_pill(status(link=todays_link(up=True, rate=125_000.0))).words == "1.0 Mbit/s"


def test_stat_without_a_link_is_said_in_the_pill() -> None:
    alarmed = sending_pill(status(link=todays_link(up=False, stat_waits_since=at(10, 20))))

    assert (alarmed.words, alarmed.tone) == ("STAT waits, no link", theme.Tone.BAD)


def test_all_safe_counts_everything() -> None:
    nothing = status(plates_unread=0, undecided=0, owed=0, needs_you=0)

    assert sending_pill(nothing).words == "All safe"
    assert sending_pill(replace(nothing, plates_unread=1)).words == "Nothing owed"
    assert sending_pill(replace(nothing, undecided=1)).words == "Nothing owed"
    assert sending_pill(replace(nothing, unsent=2)).words == "2 images to send"
    assert sending_pill(replace(nothing, owed=1, seconds_left=None)).words == "1 image"
    assert sending_pill(replace(nothing, owed=3, seconds_left=200.0)).words == "3 images, about 4 min"
    assert sending_pill(replace(nothing, owed=1, needs_you=1, seconds_left=None)).tone is theme.Tone.BAD


def test_the_plates_pill_names_what_waits() -> None:
    assert plates_pill(status(plates_unread=0, undecided=0)).words == "No plate waits"
    assert plates_pill(status(plates_unread=1, undecided=2)).words == "1 plate unread · 2 undecided"
