"""What the Storage SCP is told; apart from it, so that the app need not know the DICOM network."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ScpSettings:
    """Where to listen, as whom, and for whom; ``folder`` is where objects go."""

    host: str
    port: int
    ae_title: str
    callers: tuple[str, ...]
    hosts: tuple[str, ...]
    folder: str
