"""Four images over a link that breaks while they are on it, by every way of sending, in a bounded time.

C-STORE and STOW-RS send an image from its start again after each break, the gateway's upload goes on. Bytes are
counted on the link: what our C-STORE costs beyond the images is at most the image in flight at each break.
"""

from benchmarks.senders import CONTENDERS, Load, lacks, measure
from benchmarks.shaped_link import Shape, asked_for

LIMIT_IMAGES_A_BREAK = 1.0

_LOAD = Load(images=4, rows=1420)
_SHAPE = Shape(rate=10e6 / 8, delay_s=0.1, up_s=5.0, down_s=1.0)
_MOST_S = 60.0


def main() -> None:
    """Print the table."""
    shape = asked_for(_SHAPE)
    one = _LOAD.size / _LOAD.images
    print(f"{_LOAD.images} images of {one / 1e6:.1f} MB as JPEG-LS, {shape}; each is stopped after {_MOST_S:g} s\n")
    print(f"{'':34}{'last answer':>12}{'all proved':>12}{'MB':>8}{'kept':>6}{'breaks':>8}{'again a break':>15}")
    print(f"{'limit for Fieldstation':34}{'':>46}{LIMIT_IMAGES_A_BREAK:>8.2f} images")
    for contender in CONTENDERS:
        if lacks(contender):
            print(f"{contender.name:34}{'not here':>12}")
            continue
        outcome = measure(contender, _LOAD, shape, _MOST_S)
        cells = ["-" if at == float("inf") else f"{at:.1f} s" for at in (outcome.times.taken, outcome.times.proved)]
        again = (outcome.bytes_up - _LOAD.size) / one / max(1, outcome.drops)
        print(
            f"{contender.name:34}{cells[0]:>12}{cells[1]:>12}{outcome.bytes_up / 1e6:>8.1f}{outcome.kept:>6}"
            f"{outcome.drops:>8}{again:>8.2f} images",
            flush=True,
        )


if __name__ == "__main__":
    main()
