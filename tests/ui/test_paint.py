"""What widgets that draw themselves have in common."""

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from fieldstation.ui import paint
from fieldstation.ui.fonts import Role


@pytest.mark.parametrize("role", paint.NAME_ROLES)
def test_a_name_is_written_smaller_rather_than_cut(role: Role, qapp: QApplication) -> None:
    name = "MUELLER, ANNA-KATHARINA"
    width = paint.text_width(name, role)
    image = QImage(400, 40, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)

    assert paint.name(painter, QRect(0, 0, width, 28), name, QColor("white")) == width
    painter.end()


def test_a_name_that_fits_in_no_size_is_elided_in_the_smallest(qapp: QApplication) -> None:
    name, image = "A" * 200, QImage(400, 40, QImage.Format.Format_RGB32)
    painter = QPainter(image)

    assert 0 < paint.name(painter, QRect(0, 0, 100, 28), name, QColor("white")) <= 100
    painter.end()
