"""Print every table: ``python -m benchmarks``.

Each benchmark runs in a process of its own, so that none is measured with another's memory.
"""

import subprocess
import sys
from pathlib import Path

PICTURES = ("contact_sheet", "screenshots")
"""They draw and measure nothing; each has a target of its own."""


def main() -> int:
    """Run the benchmarks in the order of their names; 1 when one of them did not run to its end."""
    files = sorted(Path(__file__).parent.glob("[!_]*.py"))
    names = [file.stem for file in files if "\ndef main(" in file.read_text("utf-8") and file.stem not in PICTURES]
    failed = [name for name in names if not _runs(name)]
    if failed:
        print(f"did not run to the end: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _runs(name: str) -> bool:
    print(f"\n{name}", flush=True)
    code = f"from benchmarks import {name}; {name}.main()"
    return subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
