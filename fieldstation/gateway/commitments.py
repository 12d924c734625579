"""Transactions of storage commitment with the PACS, remembered until their answer was used."""

from collections.abc import Collection
from datetime import datetime

from fieldstation.domain.commitment import Commitment
from fieldstation.domain.ports import Clock
from fieldstation.gateway.ledger import Ledger, stamp


class LedgerCommitments:
    """Satisfies `fieldstation.domain.commitment.Commitments`; may be used from any thread."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def ask(self, transaction_uid: str, job_id: int) -> None:
        """Remember a fresh transaction; called before it is sent (PS3.4 J.3.2)."""
        with self._ledger.writing() as connection:
            connection.execute(
                "INSERT INTO commitment (transaction_uid, upload_id, asked_at) VALUES (?, ?, ?)",
                (transaction_uid, job_id, stamp(self._clock.now())),
            )

    def answer(self, transaction_uid: str, held: Collection[str]) -> bool:
        """Note the answer; False if the transaction is not known. The upload is due to be asked about at once."""
        with self._ledger.writing() as connection:
            known = connection.execute(
                "SELECT upload.id, sop_instance_uid FROM upload JOIN commitment ON upload_id = upload.id"
                " WHERE transaction_uid = ?",
                (transaction_uid,),
            ).fetchone()
            if known is None:
                return False
            connection.execute(
                "UPDATE commitment SET held = ? WHERE transaction_uid = ? AND held IS NULL",
                (known["sop_instance_uid"] in held, transaction_uid),
            )
            connection.execute("UPDATE upload SET next_try_at = NULL WHERE id = ? AND state = 'sent'", (known["id"],))
        self._ledger.stir()
        return True

    def take(self, job_id: int) -> Commitment | None:
        """The upload's last transaction; once answered, it is forgotten with all before it."""
        with self._ledger.writing() as connection:
            # An earlier transaction may be the one that is answered, after a later one was asked.
            row = connection.execute(
                "SELECT * FROM commitment WHERE upload_id = ? ORDER BY held IS NULL, id DESC LIMIT 1", (job_id,)
            ).fetchone()
            if row is None:
                return None
            if row["held"] is not None:
                connection.execute("DELETE FROM commitment WHERE upload_id = ?", (job_id,))
        return Commitment(
            transaction_uid=row["transaction_uid"],
            job_id=job_id,
            waited=self._clock.now() - datetime.fromisoformat(row["asked_at"]),
            held=None if row["held"] is None else bool(row["held"]),
        )
