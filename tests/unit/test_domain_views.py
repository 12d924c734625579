"""What people write for a view, ``ID[:L|R|B]``, and what it means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldstation.domain.errors import WrongUse
from fieldstation.domain.views import Catalogue, Code, OrderedView, Side, View

CODE = Code("1", "TEST", "a term")


def a_view(view_id: str, *, paired: bool) -> View:
    return View(
        id=view_id,
        name=view_id,
        body_part="PART",
        view_position="AP",
        paired=paired,
        anatomic_region=CODE,
        view_code=CODE,
        plate="35CMX43CM",
        target_ei=250.0,
        kvp=60.0,
        mas=2.0,
        sid_mm=1000,
        grid="NONE",
        looks_like="chest",
    )


CATALOGUE = Catalogue([a_view("chest-pa", paired=False), a_view("hand-pa", paired=True)])


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("chest-pa", OrderedView("chest-pa")),
        ("hand-pa:L", OrderedView("hand-pa", Side.LEFT)),
        ("hand-pa:R", OrderedView("hand-pa", Side.RIGHT)),
        ("hand-pa:B", OrderedView("hand-pa", Side.BOTH)),
    ],
)
def test_what_can_be_written(text: str, meaning: OrderedView) -> None:
    assert CATALOGUE.parse(text) == meaning


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "view.unknown"),
        ("elbow", "view.unknown"),
        (":L", "view.unknown"),
        ("CHEST-PA", "view.unknown"),
        ("hand-pa", "view.side_missing"),
        ("hand-pa:", "view.side_unknown"),
        ("hand-pa:l", "view.side_unknown"),
        ("hand-pa:left", "view.side_unknown"),
        ("hand-pa:L:R", "view.side_unknown"),
        ("chest-pa:", "view.side_unknown"),
        ("chest-pa:L", "view.side_unwanted"),
    ],
)
def test_what_cannot(text: str, code: str) -> None:
    with pytest.raises(WrongUse) as raised:
        CATALOGUE.parse(text)
    assert raised.value.code == code


@given(st.text(max_size=20).filter(lambda text: text.partition(":")[0] not in {"chest-pa", "hand-pa"}))
def test_any_other_name_is_unknown(text: str) -> None:
    with pytest.raises(WrongUse, match=r"view\.unknown"):
        CATALOGUE.parse(text)


def test_a_catalogue_is_its_views() -> None:
    assert [view.id for view in CATALOGUE] == ["chest-pa", "hand-pa"]
    assert CATALOGUE.get("hand-pa").paired
