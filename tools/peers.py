"""Install what the tests use beside Python: Orthanc with its DICOMweb plugin, DCMTK, and ip to change an address."""

import os
import shutil
import sys
from pathlib import Path

from tools import system_packages

_PROGRAMS = {"Orthanc": "orthanc", "storescp": "dcmtk", "dcmdump": "dcmtk", "ip": "iproute2"}
_FILES = {Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so"): "orthanc-dicomweb"}


def missing_packages() -> list[str]:
    """The Debian packages of the peers that are not here. Debian puts Orthanc among the system's programs."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    programs = {package for name, package in _PROGRAMS.items() if shutil.which(name, path=path) is None}
    return sorted(programs | {package for file, package in _FILES.items() if not file.exists()})


def main() -> int:
    """0 when every peer is here, 1 when a person has to install one."""
    missing = missing_packages()
    if not missing:
        return 0
    print(f"The tests lack {', '.join(missing)}.", flush=True)
    return 0 if system_packages.install(missing) and not missing_packages() else 1


if __name__ == "__main__":
    sys.exit(main())
