"""The pictures of the docs: the headless demo day draws the app's real windows, and those that are shown are kept."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs" / "pictures"
PAGES = ("today", "study-reading", "study", "sending")
SHOWN = "night-1366x768"


def main() -> None:
    """Run the demo day and renew ``docs/pictures``."""
    with tempfile.TemporaryDirectory() as folder:
        demo = [sys.executable, "-m", "fieldstation.main", "demo", "--headless", "--screenshots", folder]
        subprocess.run(demo, check=True)
        DOCS.mkdir(exist_ok=True)
        for page in PAGES:
            shutil.copyfile(Path(folder, f"{page}-{SHOWN}.png"), DOCS / f"{page}.png")
            print(DOCS / f"{page}.png")


if __name__ == "__main__":
    main()
