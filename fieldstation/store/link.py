"""The rows that say how the link was: outages, and bytes by the minute. Old ones are forgotten as new ones come."""

from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, literal, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from fieldstation.domain.link import KEPT, Outage, Traffic
from fieldstation.store import schema
from fieldstation.store.columns import UtcDateTime
from fieldstation.store.journal import Journal, because, destination_subject
from fieldstation.store.rows import values_of


def begin_outage(connection: Connection, journal: Journal, outage: Outage) -> None:
    """Note an outage, unless one of the destination lasts already."""
    table = schema.outage
    lasting = select(table.c.seq).where(table.c.destination == outage.destination, table.c.until.is_(None))
    if connection.scalar(lasting) is not None:
        return
    connection.execute(delete(table).where(table.c.until < outage.since - KEPT))
    connection.execute(insert(table), values_of(outage))
    journal.note("destination.lost", destination_subject(outage.destination), **because(outage.reason))


def end_outage(connection: Connection, journal: Journal, destination: str, at: datetime) -> None:
    """Note the end of the outage that lasts; does nothing if there is none."""
    table = schema.outage
    ended = connection.execute(
        update(table)
        .where(table.c.destination == destination, table.c.until.is_(None))
        # The clock may have been put back meanwhile.
        .values(until=func.max(table.c.since, literal(at, UtcDateTime())))
    ).rowcount
    if ended:
        journal.note("destination.reached", destination_subject(destination))


def end_unseen_outages(connection: Connection) -> None:
    """End what lasts at the time of the last event: nobody watched the link since."""
    table, event = schema.outage, schema.event
    last = select(event.c.at).order_by(event.c.seq.desc()).limit(1).scalar_subquery()
    connection.execute(
        update(table).where(table.c.until.is_(None)).values(until=func.max(table.c.since, func.coalesce(last, "")))
    )


def add_traffic(connection: Connection, traffic: Traffic) -> None:
    """Add to the minute's row; forget those that are too old."""
    table = schema.traffic
    connection.execute(delete(table).where(table.c.minute < traffic.minute - KEPT))
    new = upsert(table).values(values_of(traffic))
    connection.execute(
        new.on_conflict_do_update(
            index_elements=[table.c.destination, table.c.minute],
            set_={name: table.c[name] + new.excluded[name] for name in ("bytes_moved", "bytes_new", "busy_s")},
        )
    )
