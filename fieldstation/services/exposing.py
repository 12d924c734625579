"""The exposure that a scan is of."""

from datetime import datetime

from fieldstation.domain.exams import Exposure, StudyView, Technique
from fieldstation.domain.ports import IdSource


def exposure_of(ids: IdSource, view: StudyView, plate_id: str, technique: Technique, otherwise: datetime) -> Exposure:
    """A new exposure of a cassette for a view: when it was noted for it, or ``otherwise`` if nobody did."""
    noted = view.exposed_at if view.plate_id == plate_id else None
    exposed_at = noted or otherwise
    return Exposure(
        id=str(ids.uuid()),
        view_id=view.id,
        plate_id=plate_id,
        technique=technique,
        exposed_at=exposed_at,
        utc_offset_minutes=local_offset_minutes(exposed_at),
    )


def local_offset_minutes(at: datetime) -> int:
    """How far local time was from UTC then."""
    offset = at.astimezone().utcoffset()
    return int(offset.total_seconds() // 60) if offset else 0
