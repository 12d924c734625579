"""What goes wrong with the simulated device while it reads, on demand."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Break:
    """A read that breaks off after ``line`` lines; ``code`` is that of the sentence for it."""

    line: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Faults to come, each after so many lines of a plate; None: it does not happen. A fault strikes once.

    Attributes:
        jam_at_line: the plate sticks.
        cover_open_at_line: somebody opens the cover.
        laser_at_line: the laser goes out.
        detector_at_line: the photomultiplier fails.
        link_lost_at_line: the link to the reader breaks.
        lamp_at_erase: 1: the erase lamp fails when the plate is to be erased, so that it is not.
        barcode: what the barcode reader takes the next cassette's plate ID for; empty: it cannot read it.
    """

    jam_at_line: int | None = None
    cover_open_at_line: int | None = None
    laser_at_line: int | None = None
    detector_at_line: int | None = None
    link_lost_at_line: int | None = None
    lamp_at_erase: int | None = None
    barcode: str | None = None

    def next_break(self) -> Break | None:
        """The one that strikes first on a plate; None if none is set."""
        lines = {
            "reader.jam": self.jam_at_line,
            "reader.cover_open": self.cover_open_at_line,
            "reader.laser": self.laser_at_line,
            "reader.detector": self.detector_at_line,
            "reader.link_lost": self.link_lost_at_line,
        }
        breaks = [Break(line, code) for code, line in lines.items() if line is not None]
        return min(breaks, key=lambda one: one.line, default=None)
