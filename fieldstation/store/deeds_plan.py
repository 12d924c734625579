"""What can be done to the plan of the day: patients, stops and orders."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from fieldstation.domain.errors import Refused
from fieldstation.domain.patients import Order, Patient, Stop
from fieldstation.store import schema
from fieldstation.store.files import EncryptedFiles
from fieldstation.store.journal import Journal
from fieldstation.store.questions import SqlQuestions
from fieldstation.store.rows import values_of


class Writer(SqlQuestions):
    """What all deeds have: one write transaction, the history, and the files that rows point to."""

    def __init__(self, connection: Connection, journal: Journal, files: EncryptedFiles) -> None:
        super().__init__(connection)
        self._journal = journal
        self._files = files

    def _add(self, table: Table, values: Mapping[str, Any]) -> None:
        self._connection.execute(insert(table), dict(values))


class PlanDeeds(Writer):
    """Patients, stops and orders."""

    def add_patient(self, patient: Patient) -> None:
        """Add or update a patient by its ``id``.

        Raises:
            Refused: ``patient.taken``: that issuer and patient ID belong to another patient.
        """
        known = self._patient_known(patient)
        if known not in {None, patient.id}:
            raise Refused("patient.taken")
        table = schema.patient
        values = values_of(patient)
        changed = self._connection.execute(update(table).where(table.c.id == patient.id).values(values))
        if changed.rowcount:
            self._journal.note("patient.changed", patient.id)
            return
        self._add(table, values)
        self._journal.note("patient.added", patient.id)

    def add_stop(self, stop: Stop) -> None:
        """Add a stop of the route."""
        self._add(schema.stop, values_of(stop))
        self._journal.note("stop.added", stop.id)

    def arrive(self, stop_id: str, at: datetime) -> None:
        """Note the arrival; a second one changes nothing.

        Raises:
            Refused: ``stop.unknown``.
        """
        table = schema.stop
        row = self._one(table, table.c.id == stop_id, "stop.unknown")
        if row["arrived_at"] is not None:
            return
        self._connection.execute(update(table).where(table.c.id == stop_id).values(arrived_at=at))
        self._journal.note("stop.arrived", stop_id)

    def add_order(self, order: Order) -> None:
        """Add an order; its patient is added with it if it is new.

        A patient whose issuer and patient ID are known already is that patient, whatever ``id`` it comes with.

        Raises:
            Refused: ``order.taken``: there is an order of that id.
        """
        orders = schema.order
        if self._connection.scalar(select(orders.c.seq).where(orders.c.id == order.id)) is not None:
            raise Refused("order.taken")
        patient = self._patient_known(order.patient)
        if patient is None:
            self.add_patient(order.patient)
            patient = order.patient.id
        self._add(orders, values_of(order, without=["patient", "views"]) | {"patient": patient})
        for position, ordered in enumerate(order.views, start=1):
            self._add(schema.order_view, {"order_id": order.id, "position": position, **values_of(ordered)})
        self._journal.note("order.added", order.id)

    def _patient_known(self, patient: Patient) -> str | None:
        table = schema.patient
        known: str | None = self._connection.scalar(
            select(table.c.id).where(table.c.issuer == patient.issuer, table.c.patient_id == patient.patient_id)
        )
        return known
