"""What has the system start the sender with the machine: a unit of systemd, a task of Windows."""

import getpass
import subprocess
import sys
from enum import StrEnum
from html import escape

from fieldstation.assets import asset
from fieldstation.bootstrap.station import Places


class Starter(StrEnum):
    """Who starts it. ``polkit`` is the rule by which a sender without a session may keep a machine awake."""

    SYSTEMD = "systemd"
    POLKIT = "polkit"
    WINDOWS = "windows"


_FILES = {
    Starter.SYSTEMD: "service/fieldstation-sender.service",
    Starter.POLKIT: "service/fieldstation-sender.rules",
    Starter.WINDOWS: "service/fieldstation-sender.xml",
}


def sender_command(places: Places) -> list[str]:
    """The command line of a sender for this data folder and these settings."""
    command = [sys.executable, "-m", "fieldstation.main", "--data", str(places.data)]
    if places.settings:
        command += ["--config", str(places.settings)]
    return [*command, "sender", "run"]


def service_file(starter: Starter, places: Places) -> str:
    """The file that this system's starter takes, for this data folder and whoever asks."""
    template = asset(_FILES[starter]).read_text("utf-8")
    program, *arguments = sender_command(places)
    values = {"user": getpass.getuser(), "data": str(places.data)}
    match starter:
        case Starter.SYSTEMD:
            path = values["data"].replace("%", "%%")
            values |= {"data": path, "quoted_data": _quoted(path)}
            values["command"] = " ".join(_unit_word(word) for word in (program, *arguments))
        case Starter.WINDOWS:
            values |= {"program": program, "arguments": subprocess.list2cmdline(arguments)}
            values = {name: escape(value, quote=False) for name, value in values.items()}
    return template.format(**values)


def _unit_word(word: str) -> str:
    """A word of a command line in a unit: systemd.service(5), command lines; systemd.unit(5), specifiers."""
    return _quoted(word.replace("%", "%%").replace("$", "$$"))


def _quoted(word: str) -> str:
    """A word that may hold spaces: systemd.syntax(7), quoting."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
