"""Certificates that end soon are said where somebody looks: by doctor, by pacs echo, and by the gateway itself."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from fieldstation.bootstrap.health import examine
from fieldstation.bootstrap.station import find_places, open_station
from fieldstation.domain.certificates import Certificate, Whose
from fieldstation.services.doctor import Health
from fieldstation.upload.certificates import certificates_in
from tests.support.gateways import gateway
from tests.support.peers import wait_until
from tests.support.shell import Shell
from tests.support.web import Authority

SETTINGS = """
[[destination]]
name = "office"
kind = "gateway"
url = "{url}"
ca_file = "{ca}"
client_cert = "{cert}"
client_key = "{key}"
"""


def test_what_ends_soon_is_said_with_the_days_left(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority", lasts=timedelta(days=25, hours=1))
    served, served_key = authority.issue("gateway", lasts=timedelta(days=20, hours=1))
    ours, our_key = authority.issue("VAN7", lasts=timedelta(days=10, hours=1))
    options = ("--tls-cert", str(served), "--tls-key", str(served_key), "--client-ca", str(authority.file))
    shell = Shell(tmp_path / "van")
    with gateway(tmp_path, *options, scheme="https") as office:
        destination = SETTINGS.format(url=office.url, ca=authority.file, cert=ours, key=our_key)
        shell.settings.write_text(shell.settings.read_text("utf-8") + destination, "utf-8")
        echoed = shell.run("pacs", "echo", "--json")
        assert echoed.returncode == 1
        assert "--pacs" in echoed.stderr
        for days in (10, 20, 25):
            assert f"days left: {days}" in echoed.stdout
        found = [one for one in examine(find_places(shell.data, shell.settings, {})) if one.check == "certificates"]
        assert [(one.health, one.message.code, one.message.params["days"]) for one in found] == [
            (Health.CAUTION, "certificate.own_ends", 10),
            (Health.CAUTION, "certificate.peer_ends", 20),
            (Health.CAUTION, "certificate.authority_ends", 25),
        ]
        doctor = [(one.message.code, one.message.params["days"]) for one in found]
        wait_until(lambda: office.log().count("\n") == 2, "the gateway's own warnings")
        assert f"{served} ends on" in office.log()
        assert f"{authority.file} ends on" in office.log()
    assert_known_without_a_link(shell, doctor)


def assert_known_without_a_link(shell: Shell, doctor: Sequence[tuple[str, object]]) -> None:
    """What the peer showed to the sender is told by doctor, and on Sending, while the peer cannot be asked."""
    station = open_station(find_places(shell.data, shell.settings, {}))
    try:
        ends = station.clock.now() + timedelta(days=20, minutes=30)
        station.store.queue.showed("office", [Certificate(whose=Whose.PEER, name="127.0.0.1", ends=ends)])
        said = [(one.code, one.params["days"]) for one in station.desk.sending().expiring]
    finally:
        station.close()
    assert said == doctor
    found = [one for one in examine(find_places(shell.data, shell.settings, {})) if one.check == "certificates"]
    assert [(one.message.code, one.message.params["days"]) for one in found] == doctor


def test_of_a_file_the_first_to_end_counts_and_of_a_renewed_one_the_last(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    soon, late, other = (
        authority.issue(name, lasts=timedelta(days=days))[0].read_bytes()
        for name, days in (("renewed", 5), ("renewed", 50), ("other", 20))
    )
    both, all_three, none = tmp_path / "both.pem", tmp_path / "all.pem", tmp_path / "none.pem"
    both.write_bytes(soon + late)
    all_three.write_bytes(other + late + soon)
    none.write_bytes(b"no certificate")
    (first,) = certificates_in(both, None)
    (second,) = certificates_in(None, all_three)
    assert (first.whose, second.whose) == (Whose.OWN, Whose.AUTHORITY)
    assert first.ends - second.ends > timedelta(days=25)
    assert certificates_in(none, tmp_path / "nowhere.pem") == ()
