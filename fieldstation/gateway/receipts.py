"""What a station can read about an instance: what was received, what the PACS answered, and which proof was had."""

from collections.abc import Mapping

from fieldstation.domain.jobs import JobState, ProofKind
from fieldstation.domain.words import Message
from fieldstation.gateway.ledger import Upload, stamp

RECEIVING = "receiving"
GONE = "gone"


def receipt(upload: Upload) -> Mapping[str, object]:
    """One receipt, as it goes into JSON.

    ``state`` is ``receiving`` until the whole object is here and has the declared SHA-256; then ``queued``,
    ``sending``, ``sent``, ``proved`` or ``refused``; ``gone`` if the PACS denied to hold it after it was proved.
    ``proof`` is there once the PACS has given it, never before.
    """
    proved = upload.gone_at is None and upload.state is JobState.PROVED and upload.proof not in (None, ProofKind.NONE)
    return {
        "sop_instance_uid": upload.declared.sop_instance_uid,
        "size": upload.declared.size,
        "offset": upload.offset,
        "sha256": upload.declared.sha256 if upload.received_at else None,
        "received_at": stamp(upload.received_at) if upload.received_at else None,
        "state": _state(upload),
        "pacs": _words(upload.stored),
        "last": _words(upload.why),
        "proof": {"kind": upload.proof.value, "at": stamp(upload.proved_at)}
        if proved and upload.proof and upload.proved_at
        else None,
    }


def _state(upload: Upload) -> str:
    if upload.gone_at is not None:
        return GONE
    return upload.state.value if upload.state else RECEIVING


def _words(message: Message | None) -> Mapping[str, object] | None:
    return {"code": message.code, "params": dict(message.params)} if message else None
