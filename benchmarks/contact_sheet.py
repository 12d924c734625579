"""One picture with every fault that the simulated reader can put into a plate, for a person to judge.

Run by ``make contact-sheet``; it measures nothing. Every plate has the same window on the logarithm of its air kerma,
so that what is too dark or too light on the plate is so here.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fieldstation.catalogue import load_catalogue
from fieldstation.cr_reader.simulated.mishaps import NONE, PLAIN_EXAMPLES, Mishaps
from fieldstation.cr_reader.simulated.raw_plate import Digital, RawPlate, make_raw_plate
from fieldstation.domain.views import Catalogue

OUTPUT = Path("contact-sheet.png")
TILE, LABEL, GAP, ACROSS = 340, 28, 8, 8
DIGITAL = Digital(pitch_mm=0.5)
DARKER, LIGHTER = 1.1, 1.6
"""How many powers of ten of air kerma above and below the target are told apart."""


CLOSE_UP = Digital(pitch_mm=0.2)
FINE: Mapping[str, Mishaps] = {
    **{
        name: PLAIN_EXAMPLES[name]
        for name in ("well taken", "motion", "under-exposed", "roller lines on the plate", "dust in the reader")
    },
    "much dust on the plate": Mishaps(dust=500),
}
"""Those that only a close look shows; each is shown from its own lightest to its own darkest."""

Plate = tuple[str, RawPlate, float | None]
"""Its name, and its target exposure index, which sets the window; None: its own values do."""


def plates(catalogue: Catalogue) -> list[Plate]:
    """Every plate with its name and its target exposure index."""
    made: list[Plate] = []
    for text in ("chest-pa", "leg-ap:R"):
        shot = catalogue.parse(text)
        view = catalogue.get(shot.view)
        for number, (name, mishaps) in enumerate(PLAIN_EXAMPLES.items()):
            plate = make_raw_plate(view, shot.side, seed=number, mishaps=mishaps, digital=DIGITAL)
            made.append((f"{view.name}: {name}", plate, view.target_ei))
    return [*made, *close_ups(catalogue), *phantoms(catalogue)]


def close_ups(catalogue: Catalogue) -> list[Plate]:
    """The middle of some plates, as large as their pixels."""
    view = catalogue.get("chest-pa")
    made: list[Plate] = []
    for name, mishaps in FINE.items():
        plate = make_raw_plate(view, seed=1, mishaps=mishaps, digital=CLOSE_UP)
        rows, columns = (slice((side - TILE) // 2, (side + TILE) // 2) for side in plate.samples.shape)
        made.append((f"Close: {name}", replace(plate, samples=plate.samples[rows, columns]), None))
    return made


def phantoms(catalogue: Catalogue) -> list[Plate]:
    """The test phantom as it should be and with too little exposure for its discs; and the discs alone."""
    view = replace(catalogue.get("chest-pa"), plate="24CMX30CM", looks_like="phantom")
    good, poor = (make_raw_plate(view, seed=0, mishaps=one, digital=DIGITAL) for one in (NONE, Mishaps(exposure=0.08)))
    made: list[Plate] = [("Test phantom: well taken", good, 250.0), ("Test phantom: under-exposed", poor, 250.0)]
    left, top, width, height = (round(mm / DIGITAL.pitch_mm) for mm in good.picture_box)
    discs = np.s_[top + height // 2 : top + height * 19 // 20, left + width // 20 : left + width * 19 // 20]
    for name, plate in (("well taken", good), ("under-exposed", poor)):
        made.append((f"Its discs: {name}", replace(plate, samples=plate.samples[discs]), None))
    return made


def tile(name: str, plate: RawPlate, target_ei: float | None) -> Image.Image:
    """One plate above its name."""
    kerma_log = (plate.samples.astype(np.float32) - plate.response.offset) / plate.response.gain
    if target_ei is None:
        light, dark = np.percentile(kerma_log, (0.1, 99.9))
    else:
        light, dark = np.log10(target_ei / 100) - LIGHTER, np.log10(target_ei / 100) + DARKER
    grey = (dark - kerma_log) / (dark - light)
    picture = Image.fromarray((grey.clip(0, 1) * 255).astype(np.uint8))
    picture.thumbnail((TILE, TILE), Image.Resampling.LANCZOS)
    made = Image.new("L", (TILE, TILE + LABEL), 32)
    made.paste(picture, ((TILE - picture.width) // 2, (TILE - picture.height) // 2))
    ImageDraw.Draw(made).text((4, TILE + 5), name, fill=230, font=ImageFont.load_default(16))
    return made


def main() -> None:
    """Draw the sheet and say where it is."""
    tiles = [tile(*plate) for plate in plates(load_catalogue())]
    down = -(-len(tiles) // ACROSS)
    step_x, step_y = TILE + GAP, TILE + LABEL + GAP
    sheet = Image.new("L", (ACROSS * step_x + GAP, down * step_y + GAP), 0)
    for number, one in enumerate(tiles):
        sheet.paste(one, (GAP + number % ACROSS * step_x, GAP + number // ACROSS * step_y))
    sheet.save(OUTPUT)
    print(f"{OUTPUT}: {len(tiles)} plates")


if __name__ == "__main__":
    main()
