"""Pictures of the screens, as the demo and the README take them."""

from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from fieldstation.domain.errors import Failed
from fieldstation.ui.pictures import PlannedRead, Series, render_pages
from tests.support.sample_day import LATERAL, MUELLER, USUAL
from tests.support.sample_desk import SampleDesk

READ = PlannedRead(study_uid=MUELLER, view_id=LATERAL, plate_id="C-0147", technique=USUAL)
SMALL = Series(sizes=((1366, 768),), themes=("night", "day"))


def test_every_page_is_drawn_in_every_theme_and_size(qapp: QApplication, desk: SampleDesk, tmp_path: Path) -> None:
    paths = render_pages(desk, tmp_path / "shots", study_uid=MUELLER, read=READ, series=SMALL)

    pages = ("today", "study-reading", "study", "stack", "sending")
    names = [f"{page}-{look}" for page in pages for look in ("night", "day")]
    assert [path.name for path in paths] == [f"{name}-1366x768.png" for name in names]
    for path in paths:
        image = QImage(str(path))
        assert (image.width(), image.height()) == (1366, 768)
    assert QImage(str(paths[0])) != QImage(str(paths[1]))


def test_the_planned_read_is_really_done(qapp: QApplication, desk: SampleDesk, tmp_path: Path) -> None:
    render_pages(desk, tmp_path, read=READ, series=SMALL)

    assert [call[0] for call in desk.calls] == ["scan"]


def test_a_read_that_fails_early_is_said(qapp: QApplication, desk: SampleDesk, tmp_path: Path) -> None:
    desk.jam_at = 0.1

    with pytest.raises(Failed) as raised:
        render_pages(desk, tmp_path, read=READ, series=SMALL)

    assert raised.value.code == "ui.picture_missed"
