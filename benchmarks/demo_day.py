"""The headless demo day as a whole process, as a ratio of its limit; and what the link's cuts cost."""

import json
import subprocess
import sys
import tempfile
import time

LIMIT_SECONDS = 60.0


def main() -> None:
    """Print the day's time with its ratio to the limit (below 1 is better than claimed)."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as pictures:
        done = subprocess.run(
            [sys.executable, "-m", "fieldstation.main", "demo", "--headless", "--json", "--screenshots", pictures],
            stdout=subprocess.PIPE,
            check=True,
        )
    seconds = time.monotonic() - started
    day = json.loads(done.stdout)
    print(f"{'the demo day, headless':32} {'measured':>10} {'limit':>10} {'ratio':>7}")
    print(f"{'from start to end':32} {seconds:8.1f} s {LIMIT_SECONDS:8.1f} s {seconds / LIMIT_SECONDS:7.2f}")
    wire, payload = day["bytes_on_wire"], day["bytes_payload"]
    print(f"{'bytes on the wire to payload':32} {'':21} {wire / payload:7.2f}  ({day['link_cuts']} cuts)")
