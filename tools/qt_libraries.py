"""Find the system libraries that Qt needs and this machine lacks, install them, and prove that a window opens.

The PySide6 wheel brings Qt but not what Qt takes from the system. What is missing is asked of the dynamic linker, so
that the answer holds for the Qt that is installed; only the name of the package comes from a table.
"""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from tools import system_packages

# The Qt libraries and plugins that a Widgets application loads: windowless, under X11 and under Wayland.
_USED = (
    "Qt/lib/libQt6Widgets.so.6",
    "Qt/lib/libQt6Svg.so.6",
    "Qt/plugins/platforms/libqoffscreen.so",
    "Qt/plugins/platforms/libqxcb.so",
    "Qt/plugins/platforms/libqwayland.so",
    "Qt/plugins/xcbglintegrations/*.so",
    "Qt/plugins/wayland-*-client/*.so",
    "Qt/plugins/wayland-shell-integration/*.so",
    "Qt/plugins/imageformats/libqsvg.so",
    "Qt/plugins/iconengines/*.so",
    "QtWidgets*.so",
    "QtSvg*.so",
)

_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libOpenGL.so.0": "libopengl0",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libbrotlicommon.so.1": "libbrotli1",
    "libbrotlidec.so.1": "libbrotli1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgio-2.0.so.0": "libglib2.0-0",
    "libgobject-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}

_OPEN_A_WINDOW = "from PySide6.QtWidgets import QApplication, QWidget; app = QApplication([]); QWidget().show()"


def missing_libraries() -> set[str]:
    """The names of the shared objects that the linker does not find."""
    spec = find_spec("PySide6")
    if spec is None or spec.origin is None:
        raise SystemExit("PySide6 is not installed; run make setup.")
    root = Path(spec.origin).parent
    files = [str(path) for pattern in _USED for path in root.glob(pattern)]
    linked = subprocess.run(["ldd", *files], check=False, capture_output=True, text=True)
    return set(re.findall(r"^\s*(\S+) => not found", linked.stdout, re.MULTILINE))


def complaint() -> str:
    """What Qt says when a window without a display is opened; empty where it opens."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", _OPEN_A_WINDOW]
    opened = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    return "" if opened.returncode == 0 else opened.stderr or f"ended with {opened.returncode}"


def main() -> int:
    """0 when Qt runs here, 1 when a person has to install something first."""
    missing = missing_libraries()
    if missing:
        print(f"Qt lacks {', '.join(sorted(missing))}.", flush=True)
        packages = sorted({_PACKAGES[name] for name in missing if name in _PACKAGES})
        if packages and system_packages.install(packages):
            missing = missing_libraries()
    refusal = complaint()
    if refusal:
        print("Qt does not start without them." if missing else f"Qt does not start:\n{refusal}", file=sys.stderr)
        return 1
    if missing:
        print(f"Qt starts, but not on every kind of display, without {', '.join(sorted(missing))}.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
