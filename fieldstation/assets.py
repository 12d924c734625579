"""Where the files of ``resources/`` are: inside the package in a wheel, beside it in a checkout."""

from pathlib import Path

MARKER_FONT = "fonts/Inter-SemiBold.otf"
"""What side markers are written in, on the screen and in the pixels."""

TEXT_FONT = "fonts/Inter-Medium.otf"
"""What is written in on exported pictures."""

_PACKAGE = Path(__file__).parent


def asset(name: str) -> Path:
    """The path of a file or folder of ``resources/``."""
    packaged = _PACKAGE / "resources"
    return (packaged if packaged.is_dir() else _PACKAGE.parent / "resources") / name
