"""The tokens: contrast as promised, mixtures as in the table."""

import pytest
from PySide6.QtGui import QColor

from fieldstation.ui.theme import DAY, NIGHT, Theme, Tone, contrast

PROMISES = [(NIGHT, 4.5), (DAY, 7.0)]
GROUNDS = (Tone.BACKGROUND, Tone.SURFACE, Tone.RAISED)
MARKS = (Tone.TEXT, Tone.QUIET, Tone.ACTION, Tone.GOOD, Tone.CAUTION, Tone.BAD)


@pytest.mark.parametrize(("theme", "least"), PROMISES, ids=["night", "day"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("mark", MARKS)
def test_marks_stand_out_from_every_ground(theme: Theme, least: float, ground: Tone, mark: Tone) -> None:
    assert contrast(theme.color(mark), theme.color(ground)) >= least


@pytest.mark.parametrize(("theme", "least"), PROMISES, ids=["night", "day"])
def test_words_stand_out_from_filled_and_tinted_things(theme: Theme, least: float) -> None:
    assert contrast(theme.color(Tone.ON_ACTION), theme.color(Tone.ACTION)) >= least
    assert contrast(theme.color(Tone.ON_STAT), theme.color(Tone.STAT)) >= least
    for tone in (Tone.GOOD, Tone.CAUTION, Tone.BAD):
        assert contrast(theme.color(Tone.TEXT), theme.tint(tone)) >= least
        assert contrast(theme.color(Tone.TEXT), theme.fill(tone)) >= least


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21)
    assert contrast(QColor("white"), QColor("white")) == pytest.approx(1)


def test_a_mixture_lies_between_its_colours() -> None:
    mixed = NIGHT.mixed(Tone.TEXT, 50, over=Tone.SURFACE)

    assert (mixed.red(), mixed.green(), mixed.blue()) == ((0xE9 + 0x17) // 2, (0xEE + 0x1C) // 2, 138)
    assert NIGHT.mixed(Tone.GOOD, 0) == NIGHT.color(Tone.SURFACE)
    assert NIGHT.mixed(Tone.GOOD, 100) == NIGHT.color(Tone.GOOD)
