"""``fieldstation reader …``: cassettes as scripts handle them."""

import json
from pathlib import Path

from tests.support.commands import QuickShell


def test_a_cassette_from_the_register_to_its_view(tmp_path: Path) -> None:
    shell = QuickShell(tmp_path)
    study = shell.new_study("chest-pa", "chest-lat")
    shell.ok("reader", "pack", "C-1", study, "--view", "chest-lat")
    rows = [line.split() for line in shell.ok("study", "show", study).splitlines()[2:]]
    assert [row[:3] for row in rows] == [["chest-pa", "not", "exposed"], ["chest-lat", "C-1", "packed"]]
    shell.ok("reader", "unbind", study, "--view", "chest-lat", "--reason", "not used")
    shell.ok("reader", "register", "C-1", "--size", "35CMX43CM", "--since", "2024-02-03")
    exposed = shell.json("reader", "expose", "C-1", study, "--view", "chest-pa")
    assert exposed["plate_id"] == "C-1"
    refused = shell.run("reader", "expose", "C-1", study, "--view", "chest-lat")
    assert refused.returncode == 1
    assert "for another view of this patient" in refused.stderr
    shell.ok("reader", "expose", "C-1", study, "--view", "chest-lat", "--confirm", "the same shot twice")
    (row,) = shell.json("reader", "tray")
    assert (row["plate_id"], row["state"], row["in_service_at"][:7]) == ("C-1", "exposed", "2024-02")
    assert len(row["notices"]) == 1
    shell.ok("reader", "read-elsewhere", study, "--view", "chest-lat", "--at", "VAN3")
    shown = shell.ok("study", "show", study)
    assert "C-1 not read" in shown
    assert "read at VAN3" in shown
    assert json.loads(shell.ok("reader", "unassigned", "--json")) == []
    assert "C-1" in shell.ok("reader", "tray")
