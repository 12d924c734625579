"""The driver ``folder``: a watch folder that a vendor's console writes into."""

from collections.abc import Mapping
from pathlib import Path

from fieldstation.cr_reader.equipment import Equipment, Surroundings
from fieldstation.cr_reader.inbox.inbox import Inbox
from fieldstation.cr_reader.inbox.reader import InboxReader
from fieldstation.cr_reader.inbox.settings import SHARED_RULES, assumed_of, identity_of
from fieldstation.cr_reader.settings_table import Number, Rule, Text, check_table
from fieldstation.domain.errors import WrongUse

_RULES: Mapping[str, Rule] = {
    "folder": Text(r".{1,4096}", "the path of a folder"),
    "settle_seconds": Number(0, 600),
    **SHARED_RULES,
}


def make_folder(settings: Mapping[str, object], surroundings: Surroundings) -> Equipment:
    """A reader of the files in ``folder``. A file counts as complete after ``settle_seconds`` (2) without a change.

    Raises:
        WrongUse: ``reader.setting_unknown`` or ``reader.setting_wrong``.
    """
    given = check_table(settings, _RULES)
    if "folder" not in given:
        raise WrongUse("reader.setting_wrong", key="folder", expected=str(_RULES["folder"]))
    inbox = Inbox(Path(given["folder"]), given.get("settle_seconds", 2.0), assumed_of(given), surroundings)
    reader = InboxReader(inbox, identity_of(given, "Watch folder"))
    return Equipment(reader=reader, arrivals=reader)
