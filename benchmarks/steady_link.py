"""Four images over a steady long link: our sender beside DCMTK's storescu and dcmsend, and a plain STOW-RS post.

All of them send the same four JPEG-LS files over the same simulated link: 10 Mbit/s, 100 ms each way, or what the
command line says. The ideal is what the compressed bytes need at the link's rate alone.
"""

from benchmarks.senders import CONTENDERS, Load, lacks, measure
from benchmarks.shaped_link import Shape, asked_for

LIMIT_LAST_ANSWER = 1.12
LIMIT_ALL_PROVED = 1.18

_LOAD = Load(images=4, rows=1420)
_SHAPE = Shape(rate=10e6 / 8, delay_s=0.1)
_MOST_S = 300.0


def main() -> None:
    """Print the table."""
    shape = asked_for(_SHAPE)
    ideal_s = _LOAD.size / shape.rate
    print(f"{_LOAD.images} images, {_LOAD.size / 1e6:.1f} MB as JPEG-LS, {shape}; ideal {ideal_s:.1f} s\n")
    print(f"{'':34}{'last answer':>12}{'all proved':>12}{'bytes':>8}{'kept':>6}")
    print(f"{'limit for Fieldstation':34}{LIMIT_LAST_ANSWER:>11.2f}x{LIMIT_ALL_PROVED:>11.2f}x")
    for contender in CONTENDERS:
        if lacks(contender):
            print(f"{contender.name:34}{'not here':>12}")
            continue
        outcome = measure(contender, _LOAD, shape, _MOST_S)
        cells = [
            "-" if at == float("inf") else f"{at / ideal_s:.2f}x" for at in (outcome.times.taken, outcome.times.proved)
        ]
        print(
            f"{contender.name:34}{cells[0]:>12}{cells[1]:>12}{outcome.bytes_up / _LOAD.size:>7.2f}x{outcome.kept:>6}",
            flush=True,
        )


if __name__ == "__main__":
    main()
