"""The driver ``dicom``, put together."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path

from fieldstation.cr_reader.dicom_push.process import ScpProcess
from fieldstation.cr_reader.dicom_push.scp_settings import ScpSettings
from fieldstation.cr_reader.equipment import Equipment, Surroundings
from fieldstation.cr_reader.inbox.inbox import Inbox
from fieldstation.cr_reader.inbox.reader import InboxReader
from fieldstation.cr_reader.inbox.settings import SHARED_RULES, assumed_of, identity_of
from fieldstation.cr_reader.settings_table import Rule, Text, Whole, check_table
from fieldstation.domain.errors import WrongUse

_AE_TITLE = r"[!-\[\]-~](?:[ -\[\]-~]{0,14}[!-\[\]-~])?"


class _Peers:
    """A list of ``AE`` or ``AE@ADDRESS``, at least one."""

    def fits(self, value: object) -> bool:
        """Whether it is such a list."""
        if not isinstance(value, list | tuple) or not value:
            return False
        return all(isinstance(peer, str) and _is_peer(peer) for peer in value)

    def __str__(self) -> str:
        return 'a list like ["CONSOLE@10.0.0.5"]: who may push, AE title and address'


_RULES: Mapping[str, Rule] = {
    "folder": Text(r".{1,4096}", "the path of a folder"),
    "host": Text(r"[0-9A-Fa-f.:]{2,45}", "an address of this laptop"),
    "port": Whole(0, 65535),
    "ae_title": Text(_AE_TITLE, "an AE title of at most 16 characters"),
    "peers": _Peers(),
    **SHARED_RULES,
}


def make_dicom(settings: Mapping[str, object], surroundings: Surroundings) -> Equipment:
    """A reader of what the consoles in ``peers`` push to ``ae_title`` (CRREADER) at ``host`` and ``port`` (11112).

    Raises:
        WrongUse: ``reader.setting_unknown`` or ``reader.setting_wrong``.
    """
    given = check_table(settings, _RULES)
    for key in ("folder", "peers"):
        if key not in given:
            raise WrongUse("reader.setting_wrong", key=key, expected=str(_RULES[key]))
    peers = [peer.partition("@") for peer in given["peers"]]
    hosts = {address for _, _, address in peers}
    scp = ScpSettings(
        host=given.get("host", "127.0.0.1"),
        port=given.get("port", 11112),
        ae_title=given.get("ae_title", "CRREADER"),
        callers=tuple(sorted({title for title, _, _ in peers})),
        hosts=() if "" in hosts else tuple(sorted(hosts)),
        folder=given["folder"],
    )
    source = ScpProcess(scp, surroundings.wait)
    inbox = Inbox(Path(given["folder"]), 0.0, assumed_of(given), surroundings, source)
    reader = InboxReader(inbox, identity_of(given, "DICOM push"))
    return Equipment(reader=reader, arrivals=reader)


def _is_peer(peer: str) -> bool:
    title, at, address = peer.partition("@")
    if not Text(_AE_TITLE, "").fits(title):
        return False
    try:
        ipaddress.ip_address(address or "127.0.0.1")
    except ValueError:
        return False
    return bool(address) or not at
