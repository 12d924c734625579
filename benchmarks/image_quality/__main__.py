"""Print the tables: ``python -m benchmarks.image_quality``.

Within the time that is given, each table has as many plates as fit. The folder takes the contact sheet.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.image_quality import contact_sheet, measures, numbers, renderings, trials
from fieldstation.catalogue import load_catalogue
from fieldstation.cr_reader.simulated.raw_plate import Digital, make_raw_plate


def main() -> None:
    """Run everything, each table within its share of the time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="about how long it may take")
    parser.add_argument("--plates", type=int, default=500, help="plates with and without each fault, at most")
    parser.add_argument("--processes", type=int, default=2, help="how many plates are made and judged at a time")
    parser.add_argument("--folder", type=Path, default=Path("build/image-quality"), help="where the contact sheet goes")
    given = parser.parse_args()
    ends_at = time.monotonic() + 60 * given.minutes
    _phantom()
    print(f"\ncontact sheet: {contact_sheet.write(given.folder)}", flush=True)
    now = time.monotonic()
    numbers.print_table(given.plates, now + 0.3 * (ends_at - now), given.processes)
    trials.print_table(given.plates, ends_at, given.processes)


def _phantom() -> None:
    view = replace(load_catalogue().get("leg-ap"), looks_like="phantom", plate="24CMX30CM")
    plate = make_raw_plate(view, None, seed=1, digital=Digital(pitch_mm=0.1))
    left, top, _, _ = plate.picture_box
    print(
        f"{'test phantom':14} {'disc contrast':>14} {'least':>6} {'over noise':>11} {'overshoot':>10}"
        f" {'lines per mm':>13}"
    )
    base = None
    for name, render in renderings.RENDERINGS.items():
        phantom = measures.Phantom(render(plate, view), left, top, plate.geometry.pitch_mm)
        contrasts = measures.disc_contrasts(phantom)
        base = contrasts if base is None else base
        gain = contrasts / base
        over_noise = np.mean(contrasts) / measures.noise(phantom)
        print(
            f"{name:14} {np.mean(gain):13.2f}x {np.min(gain):5.2f}x {over_noise:11.2f}"
            f" {measures.overshoot_percent(phantom):8.1f} % {measures.limiting_frequency(phantom):13.2f}",
            flush=True,
        )
    print("claimed: disc contrast 2x and more, overshoot 3 % and less, no fewer lines than a plain window")


if __name__ == "__main__":
    main()
