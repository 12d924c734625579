"""Study: exports from the list of tools, and what a toast and such a list do to each other."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from fieldstation.domain.errors import Failed
from fieldstation.services.export import ExportForm, ExportWish
from fieldstation.services.words import apology, text
from fieldstation.ui.frame.window import Window
from fieldstation.ui.widgets.button import Button
from tests.support.sample_day import HAND, MUELLER
from tests.support.sample_desk import SampleDesk
from tests.support.study_page import DIALOGS, press, settle, show_study, use
from tests.ui.conftest import OpenWindow

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def study(open_window: OpenWindow, desk: SampleDesk, qtbot: QtBot) -> Window:
    window = open_window(desk)
    show_study(window, qtbot)
    return window


@DIALOGS
@pytest.mark.parametrize(
    ("tool", "wish"),
    [
        ("export-named", ExportWish(form=ExportForm.PNG, banner=True, image_uid="i-hand")),
        ("export-named-jpeg", ExportWish(form=ExportForm.JPEG, banner=True, image_uid="i-hand")),
        ("export-patient", ExportWish(form=ExportForm.DICOMDIR)),
    ],
)
def test_an_accepted_picture_is_exported_to_a_folder_that_was_chosen(
    study: Window, desk: SampleDesk, qtbot: QtBot, tmp_path: Path, tool: str, wish: ExportWish
) -> None:
    study.study.choose(HAND)
    settle(study, qtbot)
    use(study, qtbot, "more", "export")
    row = next(each for each in study.study.stage.flyout.rows if each.face.name == tool)
    qtbot.mouseClick(row, LEFT)
    (chooser,) = study.findChildren(QFileDialog)
    chooser.fileSelected.emit(str(tmp_path))
    chooser.reject()
    settle(study, qtbot)

    assert desk.calls == [("export", MUELLER, tmp_path, wish)]
    assert str(tmp_path) in study.toast.words


def test_a_picture_that_is_not_accepted_is_refused_before_a_folder_is_asked_for(
    study: Window, desk: SampleDesk, qtbot: QtBot
) -> None:
    study.study.stage.use("export-png")

    assert study.findChildren(QFileDialog) == []
    assert desk.calls == []
    assert study.toast.words == text("export.not_accepted")


@DIALOGS
def test_an_export_that_fails_is_said_in_one_sentence(
    study: Window, desk: SampleDesk, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = Failed("disk.cannot_write", folder=str(tmp_path), problem="No space left on device")

    def full(*_: object) -> list[Path]:
        raise error

    monkeypatch.setattr(desk, "export", full)
    study.study.choose(HAND)
    settle(study, qtbot)
    study.study.stage.use("export-dicom")
    (chooser,) = study.findChildren(QFileDialog)
    chooser.fileSelected.emit(str(tmp_path))
    chooser.reject()
    settle(study, qtbot)

    assert study.toast.words == apology(error)


@pytest.mark.parametrize("size", [(1280, 720), (1366, 768), (1920, 1080)])
def test_a_toast_covers_neither_tools_nor_verdict(study: Window, qtbot: QtBot, size: tuple[int, int]) -> None:
    study.resize(*size)
    study.toast.say(text("export.occupied", name="DICOMDIR", folder="/media/a/stick/with/a/long/name") * 2)
    QApplication.processEvents()

    toast = study.toast.geometry()
    for column in (study.study.stage.tools, study.study.quality, study.study.bar, study.study.views):
        assert not toast.intersects(QRect(column.mapTo(study, QPoint(0, 0)), column.size()))


@pytest.mark.parametrize("first", ["toast", "list"])
def test_a_list_of_tools_lies_over_a_toast(study: Window, qtbot: QtBot, first: str) -> None:
    stage = study.study.stage
    words = text("export.occupied", name="DICOMDIR", folder="/media/stick") * 2
    if first == "toast":
        study.toast.say(words)
    qtbot.mouseClick(stage.tools.button("more"), LEFT)
    if first == "list":
        study.toast.say(words)
    last = stage.flyout.rows[-1]
    middle = last.mapTo(study, last.rect().center())
    assert study.toast.geometry().contains(middle)

    assert study.childAt(middle) is last


def test_a_list_of_tools_leaves_the_pictures_keys_alone_and_goes_with_its_page(study: Window, qtbot: QtBot) -> None:
    stage = study.study.stage
    qtbot.mouseClick(stage.tools.button("more"), LEFT)
    press(study, Qt.Key.Key_I)
    qtbot.waitUntil(lambda: stage.viewer.presentation.inverted)

    study.go("today")
    assert not stage.flyout.isVisible()


def test_the_focus_goes_back_to_where_it_was_before_it_went_to_a_toast(study: Window, qtbot: QtBot) -> None:
    viewer = study.study.stage.viewer
    viewer.setFocus()
    study.toast.offer("Sent", "car", "Undo", lambda: None, 60_000)
    (button,) = study.toast.findChildren(Button)
    button.setFocus(Qt.FocusReason.TabFocusReason)
    press(study, Qt.Key.Key_Space)

    assert not study.toast.isVisible()
    assert study.focusWidget() is viewer
