"""What goes wrong with the simulated reader, on demand."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Break:
    """A read that breaks off after ``line`` lines; ``code`` is that of the sentence for it."""

    line: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Faults to come, each after so many lines of a plate; None: it does not happen. A fault strikes once."""

    jam_at_line: int | None = None
    link_lost_at_line: int | None = None

    def next_break(self) -> Break | None:
        """The one that strikes first on a plate; None if none is set."""
        lines = {"reader.jam": self.jam_at_line, "reader.link_lost": self.link_lost_at_line}
        breaks = [Break(line, code) for code, line in lines.items() if line is not None]
        return min(breaks, key=lambda one: one.line, default=None)
