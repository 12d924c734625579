"""The tables. The migrations make them; a test compares the two.

Columns are named like the fields of the domain's values, so that a row is a value without a mapping of names. ``seq``
is the order of arrival: the clock of a laptop may jump, a sequence does not.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Computed,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    case,
    column,
    func,
)

from fieldstation.domain.annotations import FlipReason
from fieldstation.domain.exams import Verdict
from fieldstation.domain.jobs import JobState, ProofKind
from fieldstation.domain.patients import OrderState, Priority, Sex
from fieldstation.store.annotated import ANNOTATIONS, AREA, MARKERS
from fieldstation.store.columns import FINDINGS, MESSAGE, PARAMS, WORDS, OptionalSide, UtcDateTime, word
from fieldstation.store.schema_base import metadata, scan_columns, technique_columns
from fieldstation.store.schema_plates import cassette, handed_plate, unassigned_scan

__all__ = ["cassette", "handed_plate", "metadata", "unassigned_scan"]
"""What other modules find here although it is made elsewhere."""

HEAD = "0011"
"""The schema that this program reads and writes. Later ones sort after it."""

person = Table(
    "person",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", Text, nullable=False),
)

patient = Table(
    "patient",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("patient_id", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("birth_date", Date),
    Column("sex", word(Sex), nullable=False),
    Column("alerts", WORDS, nullable=False),
    UniqueConstraint("issuer", "patient_id"),
)

stop = Table(
    "stop",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("facility", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("planned_at", UtcDateTime),
    Column("arrived_at", UtcDateTime),
    Column("completed_at", UtcDateTime),
)

order = Table(
    "order",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("accession", Text, nullable=False, index=True),
    Column("patient", ForeignKey("patient.id"), nullable=False, index=True),
    Column("stop_id", ForeignKey("stop.id"), index=True),
    Column("priority", word(Priority), nullable=False),
    Column("procedure", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("referring_physician", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("requested_procedure_id", Text, nullable=False),
    Column("study_uid", String(64)),
    Column("state", word(OrderState), nullable=False),
    Column("due_at", UtcDateTime),
    Column("as_of", UtcDateTime, nullable=False),
)

order_view = Table(
    "order_view",
    metadata,
    Column("order_id", ForeignKey("order.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("view", Text, nullable=False),
    Column("side", OptionalSide, nullable=False),
)

study = Table(
    "study",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("uid", String(64), nullable=False, unique=True),
    Column("accession", Text, nullable=False),
    Column("patient_id", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("patient_name", Text, nullable=False),
    Column("birth_date", Date),
    Column("sex", word(Sex), nullable=False),
    Column("description", Text, nullable=False),
    Column("referring_physician", Text, nullable=False),
    Column("priority", word(Priority), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
)
Index("uq_study_accession", study.c.accession, unique=True, sqlite_where=study.c.accession != "")

order_of_study = Table(
    "order_of_study",
    metadata,
    Column("study_uid", ForeignKey("study.uid"), primary_key=True),
    Column("order_id", ForeignKey("order.id"), primary_key=True, index=True),
    Column("position", Integer, nullable=False),
)

view = Table(
    "view",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("study_uid", ForeignKey("study.uid"), nullable=False),
    Column("view", Text, nullable=False),
    Column("side", OptionalSide, nullable=False),
    Column("position", Integer, nullable=False),
    Column("plate_id", ForeignKey("cassette.plate_id")),
    Column("exposed_at", UtcDateTime),
    Column("read_elsewhere", Text),
    UniqueConstraint("study_uid", "position"),
)

series = Table(
    "series",
    metadata,
    Column("uid", String(64), primary_key=True),
    Column("study_uid", ForeignKey("study.uid"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("body_part", Text, nullable=False),
    Column("view_position", Text, nullable=False),
    Column("side", OptionalSide, nullable=False),
    Column("modality", String(16), nullable=False, server_default="CR"),
    UniqueConstraint("study_uid", "body_part", "view_position", "side"),
    UniqueConstraint("study_uid", "number"),
)

exposure = Table(
    "exposure",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("view_id", ForeignKey("view.id"), nullable=False, index=True),
    Column("plate_id", ForeignKey("cassette.plate_id"), nullable=False, index=True),
    *technique_columns(),
    Column("exposed_at", UtcDateTime, nullable=False),
    Column("utc_offset_minutes", Integer, nullable=False),
)

scan = Table(
    "scan",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("exposure_id", ForeignKey("exposure.id"), nullable=False, index=True),
    *scan_columns(),
)
Index("ix_scan_state", scan.c.state)

image = Table(
    "image",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("uid", String(64), nullable=False, unique=True),
    Column("study_uid", ForeignKey("study.uid"), nullable=False, index=True),
    Column("series_uid", ForeignKey("series.uid"), nullable=False),
    Column("view_id", ForeignKey("view.id"), nullable=False, index=True),
    Column("scan_id", ForeignKey("scan.id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("window_center", Float, nullable=False),
    Column("window_width", Float, nullable=False),
    Column("quarter_turns", Integer, nullable=False),
    Column("inverted", Boolean, nullable=False),
    Column("flipped", word(FlipReason)),
    Column("crop", AREA),
    Column("shutter", AREA),
    Column("markers", MARKERS, nullable=False, server_default="[]"),
    Column("annotations", ANNOTATIONS, nullable=False, server_default="[]"),
    Column("look", Text),
    Column("exposure_index", Float),
    Column("target_index", Float, nullable=False),
    Column("deviation_index", Float),
    Column("findings", FINDINGS, nullable=False),
    Column("verdict", word(Verdict), nullable=False, index=True),
    Column("reject_reason", Text),
    Column("decided_at", UtcDateTime),
    Column("retake_of", ForeignKey("image.uid")),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("series_uid", "number"),
)

instance = Table(
    "instance",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("sop_instance_uid", String(64), nullable=False, unique=True),
    Column("sop_class_uid", String(64), nullable=False),
    Column("transfer_syntax_uid", String(64), nullable=False),
    Column("study_uid", ForeignKey("study.uid"), nullable=False, index=True),
    Column("series_uid", ForeignKey("series.uid"), nullable=False),
    Column("image_uid", ForeignKey("image.uid"), index=True),
    Column("file_id", String(36), nullable=False, unique=True),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("frozen_at", UtcDateTime, nullable=False),
)

job = Table(
    "job",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sop_instance_uid", ForeignKey("instance.sop_instance_uid"), nullable=False),
    Column("destination", Text, nullable=False),
    Column("state", word(JobState), nullable=False),
    Column("priority", word(Priority), nullable=False),
    Column(
        "turn",
        Integer,
        Computed(case((column("priority") == "stat", 0), else_=1), persisted=False),
        nullable=False,
    ),
    Column("held", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("next_try_at", UtcDateTime),
    Column(
        "due_at",
        UtcDateTime,
        Computed(
            func.max(column("not_before"), func.coalesce(column("next_try_at"), column("not_before"))), persisted=False
        ),
        nullable=False,
    ),
    Column(
        "set_at",
        UtcDateTime,
        Computed(func.coalesce(column("last_at"), column("created_at")), persisted=False),
        nullable=False,
    ),
    Column("proof", word(ProofKind)),
    Column("last", MESSAGE),
    Column("last_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("proved_at", UtcDateTime),
    Column("instead_of", Text),
    Column("verify_at", UtcDateTime),
    Column("gone_at", UtcDateTime),
    UniqueConstraint("sop_instance_uid", "destination"),
    sqlite_autoincrement=True,
)
Index("ix_job_turn", job.c.destination, job.c.state, job.c.held, job.c.turn, job.c.id, job.c.due_at, job.c.set_at)
Index("ix_job_due", job.c.destination, job.c.state, job.c.held, job.c.due_at)
Index("ix_job_state", job.c.state, job.c.held)
Index("ix_job_verify", job.c.destination, job.c.verify_at, sqlite_where=job.c.verify_at.is_not(None))

job_progress = Table(
    "job_progress",
    metadata,
    Column("job_id", ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("bytes_sent", Integer, nullable=False),
)

destination_pause = Table(
    "destination_pause",
    metadata,
    Column("destination", Text, primary_key=True),
    Column("reason", MESSAGE, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("probe_at", UtcDateTime, nullable=False),
)

peer_certificate = Table(
    "peer_certificate",
    metadata,
    Column("destination", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("ends", UtcDateTime, nullable=False),
)

commitment = Table(
    "commitment",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("transaction_uid", String(64), nullable=False, unique=True),
    Column("job_id", ForeignKey("job.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("answered_at", UtcDateTime),
    Column("held", Boolean),
)

outage = Table(
    "outage",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("destination", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),
    Column("reason", MESSAGE, nullable=False),
    Index("ix_outage_destination", "destination", "until"),
)

traffic = Table(
    "traffic",
    metadata,
    Column("destination", Text, primary_key=True),
    Column("minute", UtcDateTime, primary_key=True),
    Column("bytes_moved", Integer, nullable=False),
    Column("bytes_new", Integer, nullable=False),
    Column("busy_s", Float, nullable=False),
)

sending_pause = Table(
    "sending_pause",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("person", Text, nullable=False),
    Column("process", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("params", PARAMS, nullable=False),
    Index("ix_event_subject", "subject", "seq"),
    sqlite_autoincrement=True,
)
Index("ix_event_retried", event.c.seq, sqlite_where=event.c.what == "job.retried")
