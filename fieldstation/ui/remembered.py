"""What the screens remember of how they were left, in a small file of the data folder; nothing of a patient."""

from pathlib import Path

from fieldstation.ui.theme import NIGHT, THEMES

_FILE = "theme"


def remembered_theme(folder: Path) -> str:
    """The theme that was chosen last; the night's where none was, or the file cannot be read."""
    try:
        name = (folder / _FILE).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return NIGHT.name
    return name if name in THEMES else NIGHT.name


def remember_theme(folder: Path, name: str) -> None:
    """Keep it for the next start. A disk that takes nothing is said elsewhere, and is no reason to keep the old one."""
    try:
        (folder / _FILE).write_text(f"{name}\n", "utf-8")
    except OSError:
        return
