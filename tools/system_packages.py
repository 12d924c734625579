"""Install packages of the operating system where that is allowed, else say which one command does it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

# Debian starts a service as soon as it is installed, and at every boot. The peers of the tests are wanted as programs
# only, so a policy that forbids starting anything stands in the way for as long as the installation takes.
_INSTALL = """
set -eu
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\\nexit 101\\n' > "$policy"
    chmod 755 "$policy"
fi
apt-get update -q
apt-get install -y -q --no-install-recommends "$@"
for package in "$@"; do
    if [ -e "/etc/init.d/$package" ]; then update-rc.d "$package" disable; fi
done
"""


def _becoming_root() -> list[str] | None:
    """The words that turn a command into root's; None where a password would be asked for."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], check=False, capture_output=True).returncode == 0:
        return [sudo, "-n"]
    return None


def install(packages: Sequence[str]) -> bool:
    """Install Debian packages; True where apt did. Otherwise the command that a person can run is printed."""
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        print(f"Please install what this system has for Debian's {names}.", file=sys.stderr)
        return False
    by_hand = f"Please run: sudo apt-get install --no-install-recommends {names}"
    root = _becoming_root()
    if root is None:
        print(by_hand, file=sys.stderr)
        return False
    print(f"Installing {names}", flush=True)
    command = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "sh", "-c", _INSTALL, "sh", *packages]
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"{done.stdout}{done.stderr}\napt-get failed.\n{by_hand}", file=sys.stderr)
    return done.returncode == 0
