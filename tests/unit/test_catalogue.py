"""The view catalogue that comes with the program, and what a site's own may not contain."""

from pathlib import Path

import pytest
from pydicom.sr.codedict import codes

from fieldstation.assets import asset
from fieldstation.catalogue import load_catalogue, load_looks, load_procedures
from fieldstation.domain.errors import WrongUse
from fieldstation.domain.views import PatientSize, View
from fieldstation.services.words import apology

VIEWS = tuple(load_catalogue())

REGION_OF_BODY_PART = {
    "ABDOMEN": "Abdomen",
    "ANKLE": "Ankle joint",
    "CHEST": "Chest",
    "CLAVICLE": "Clavicle",
    "CSPINE": "Cervical spine",
    "ELBOW": "Elbow joint",
    "FEMUR": "Femur",
    "FOOT": "Foot",
    "FOREARM": "Forearm",
    "HAND": "Hand",
    "HIP": "Hip joint",
    "HUMERUS": "Humerus",
    "KNEE": "Knee",
    "LOWERLEG": "Lower leg",
    "LSPINE": "Lumbar spine",
    "PELVIS": "Pelvis",
    "RIB": "Rib",
    "SHOULDER": "Shoulder",
    "TSPINE": "Thoracic spine",
    "WRIST": "Wrist joint",
    "ACJOINT": "Acromioclavicular joint",
    "CALCANEUS": "Calcaneus",
    "COCCYX": "Coccyx",
    "FINGER": "Finger",
    "JAW": "Jaw region",
    "NECK": "Neck",
    "ORBIT": "Orbital structure",
    "PATELLA": "Patella",
    "SCAPULA": "Scapula",
    "SIJOINT": "Sacroiliac joint",
    "SINUS": "Paranasal sinus",
    "SKULL": "Skull",
    "SSPINE": "Sacrum",
    "STERNUM": "Sternum",
    "THUMB": "Thumb",
    "TOE": "Toe",
    "ZYGOMA": "Zygoma",
}
"""PS3.16 annex L."""


def terms(context_group: int) -> dict[str, str]:
    group = getattr(codes, f"cid{context_group}")
    return {code.value: code.meaning for code in (getattr(group, name) for name in group.dir())}


REGIONS, PROJECTIONS = terms(4031), terms(4010)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.id)
def test_every_code_is_in_its_context_group(view: View) -> None:
    assert view.anatomic_region.meaning == REGIONS[view.anatomic_region.value]
    assert view.view_code.meaning == PROJECTIONS[view.view_code.value]
    assert view.anatomic_region.meaning == REGION_OF_BODY_PART[view.body_part]


def test_the_views_that_the_specification_names_exist() -> None:
    ids = {view.id for view in VIEWS}
    assert ids >= {"chest-pa", "chest-ap", "chest-lat", "hand-pa", "leg-ap"}
    assert len(ids) >= 120


def test_trunk_has_no_side_and_limbs_have_one() -> None:
    catalogue = load_catalogue()
    assert not catalogue.get("chest-pa").paired
    assert catalogue.get("hand-pa").paired


def written(folder: Path, old: str, new: str) -> Path:
    text = asset("views.toml").read_text("utf-8")
    assert old in text
    path = folder / "site.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('plate = "35CMX43CM"', 'plaet = "35CMX43CM"', "chest-pa.plate"),
        ("sid_mm = 1800", 'sid_mm = "far"', "chest-pa.sid_mm"),
        ("target_ei = 250", "target_ei = -1", "chest-pa.target_ei"),
        ('looks_like = "chest"', 'looks_like = "chest"\nsecret = 1', "chest-pa.secret"),
        ('scheme = "SCT"', 'scheme = "SRT"', "chest-pa.anatomic_region.scheme"),
        ('look = "chest"', 'look = "x"', "chest-pa.look"),
        ("[chest-pa]", '["Chest PA"]', "Chest PA"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, old: str, new: str, key: str) -> None:
    with pytest.raises(WrongUse) as caught:
        load_catalogue(written(tmp_path, old, new))
    assert caught.value.code == "view.catalogue_bad"
    assert caught.value.params["file"] == "site.toml"
    assert caught.value.params["key"] == key
    assert key in apology(caught.value)


@pytest.mark.parametrize("content", [b"[chest-pa", b"\xff\xfe"])
def test_what_is_not_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(content)
    with pytest.raises(WrongUse, match=r"view\.catalogue_bad"):
        load_catalogue(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"view\.catalogue_bad"):
        load_catalogue(tmp_path / "none.toml")


def test_a_site_adds_its_own_beside_it(tmp_path: Path) -> None:
    own = tmp_path / "site.toml"
    table = asset("views.toml").read_text("utf-8").split("\n\n")[2]
    assert table.startswith("[chest-ap]")
    own.write_text(table.replace("kvp = 90", "kvp = 95") + "\n\n" + table.replace("[chest-ap]", "[chest-own]"), "utf-8")
    catalogue = load_catalogue(beside=own)
    assert catalogue.get("chest-ap").kvp == 95
    assert catalogue.get("chest-own").body_part == "CHEST"
    assert len(tuple(catalogue)) == len(VIEWS) + 1


def test_every_look_is_used_and_every_procedure_is_made_of_views() -> None:
    assert {view.look.name for view in VIEWS} == set(load_looks())
    assert len(load_procedures(load_catalogue())) >= 20


def test_a_procedure_of_unknown_views_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "procedures.toml"
    path.write_text('[one]\nname = "One"\nviews = ["no-such-view"]\n', "utf-8")
    with pytest.raises(WrongUse, match=r"view\.unknown"):
        load_procedures(load_catalogue(), path)


def test_thicker_patients_take_more() -> None:
    view = load_catalogue().get("abdomen-ap")
    small, medium, large = (view.mas_for(size) for size in PatientSize)
    assert small < medium == view.mas < large
