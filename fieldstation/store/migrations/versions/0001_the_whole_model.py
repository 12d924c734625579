"""The whole model, from patient to event."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table, and forbid changing what has happened."""
    op.create_table(
        "cassette",
        sa.Column("plate_id", sa.Text(), nullable=False),
        sa.Column("size", sa.Text(), nullable=False),
        sa.Column("cycles", sa.Integer(), nullable=False),
        sa.Column("last_erased_at", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("plate_id", name=op.f("pk_cassette")),
    )
    op.create_table(
        "destination_pause",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
        sa.Column("probe_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("destination", name=op.f("pk_destination_pause")),
    )
    op.create_table(
        "event",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("params", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_event_subject", "event", ["subject", "seq"])
    op.create_table(
        "patient",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("sex", sa.String(16), nullable=False),
        sa.Column("alerts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("issuer", "patient_id", name=op.f("uq_patient_issuer_patient_id")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_table(
        "stop",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("planned_at", sa.String(27), nullable=True),
        sa.Column("arrived_at", sa.String(27), nullable=True),
        sa.Column("completed_at", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop")),
    )
    op.create_table(
        "study",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(64), nullable=False),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("patient_name", sa.Text(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("sex", sa.String(16), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("referring_physician", sa.Text(), nullable=False),
        sa.Column("priority", sa.String(16), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("sent_at", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_study")),
        sa.UniqueConstraint("uid", name=op.f("uq_study_uid")),
    )
    op.create_index("uq_study_accession", "study", ["accession"], unique=True, sqlite_where=sa.text("accession != ''"))
    op.create_table(
        "order",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("patient", sa.String(36), nullable=False),
        sa.Column("stop_id", sa.String(36), nullable=True),
        sa.Column("priority", sa.String(16), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("referring_physician", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("requested_procedure_id", sa.Text(), nullable=False),
        sa.Column("study_uid", sa.String(64), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("due_at", sa.String(27), nullable=True),
        sa.Column("as_of", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["patient"], ["patient.id"], name=op.f("fk_order_patient")),
        sa.ForeignKeyConstraint(["stop_id"], ["stop.id"], name=op.f("fk_order_stop_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_order")),
        sa.UniqueConstraint("id", name=op.f("uq_order_id")),
    )
    op.create_index(op.f("ix_order_accession"), "order", ["accession"])
    op.create_index(op.f("ix_order_patient"), "order", ["patient"])
    op.create_index(op.f("ix_order_stop_id"), "order", ["stop_id"])
    op.create_table(
        "series",
        sa.Column("uid", sa.String(64), nullable=False),
        sa.Column("study_uid", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body_part", sa.Text(), nullable=False),
        sa.Column("view_position", sa.Text(), nullable=False),
        sa.Column("side", sa.String(1), nullable=False),
        sa.ForeignKeyConstraint(["study_uid"], ["study.uid"], name=op.f("fk_series_study_uid")),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_series")),
        sa.UniqueConstraint(
            "study_uid",
            "body_part",
            "view_position",
            "side",
            name=op.f("uq_series_study_uid_body_part_view_position_side"),
        ),
        sa.UniqueConstraint("study_uid", "number", name=op.f("uq_series_study_uid_number")),
    )
    op.create_table(
        "view",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("study_uid", sa.String(64), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column("side", sa.String(1), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("plate_id", sa.Text(), nullable=True),
        sa.Column("exposed_at", sa.String(27), nullable=True),
        sa.ForeignKeyConstraint(["plate_id"], ["cassette.plate_id"], name=op.f("fk_view_plate_id")),
        sa.ForeignKeyConstraint(["study_uid"], ["study.uid"], name=op.f("fk_view_study_uid")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_view")),
        sa.UniqueConstraint("study_uid", "position", name=op.f("uq_view_study_uid_position")),
    )
    op.create_table(
        "exposure",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("view_id", sa.String(36), nullable=False),
        sa.Column("plate_id", sa.Text(), nullable=False),
        sa.Column("kvp", sa.Float(), nullable=True),
        sa.Column("mas", sa.Float(), nullable=True),
        sa.Column("sid_mm", sa.Integer(), nullable=True),
        sa.Column("grid", sa.Text(), nullable=True),
        sa.Column("exposed_at", sa.String(27), nullable=False),
        sa.Column("utc_offset_minutes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["plate_id"], ["cassette.plate_id"], name=op.f("fk_exposure_plate_id")),
        sa.ForeignKeyConstraint(["view_id"], ["view.id"], name=op.f("fk_exposure_view_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_exposure")),
        sa.UniqueConstraint("id", name=op.f("uq_exposure_id")),
    )
    op.create_index(op.f("ix_exposure_plate_id"), "exposure", ["plate_id"])
    op.create_index(op.f("ix_exposure_view_id"), "exposure", ["view_id"])
    op.create_table(
        "order_of_study",
        sa.Column("study_uid", sa.String(64), nullable=False),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_order_of_study_order_id")),
        sa.ForeignKeyConstraint(["study_uid"], ["study.uid"], name=op.f("fk_order_of_study_study_uid")),
        sa.PrimaryKeyConstraint("study_uid", "order_id", name=op.f("pk_order_of_study")),
    )
    op.create_index(op.f("ix_order_of_study_order_id"), "order_of_study", ["order_id"])
    op.create_table(
        "order_view",
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column("side", sa.String(1), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_order_view_order_id")),
        sa.PrimaryKeyConstraint("order_id", "position", name=op.f("pk_order_view")),
    )
    op.create_table(
        "scan",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("exposure_id", sa.String(36), nullable=False),
        sa.Column("manufacturer", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("software", sa.Text(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column("pitch_mm", sa.Float(), nullable=False),
        sa.Column("bits", sa.Integer(), nullable=False),
        sa.Column("plate_size", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("gain", sa.Float(), nullable=False),
        sa.Column("offset", sa.Float(), nullable=False),
        sa.Column("file_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("started_at", sa.String(27), nullable=False),
        sa.Column("finished_at", sa.String(27), nullable=True),
        sa.ForeignKeyConstraint(["exposure_id"], ["exposure.id"], name=op.f("fk_scan_exposure_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_scan")),
        sa.UniqueConstraint("file_id", name=op.f("uq_scan_file_id")),
        sa.UniqueConstraint("id", name=op.f("uq_scan_id")),
    )
    op.create_index(op.f("ix_scan_exposure_id"), "scan", ["exposure_id"])
    op.create_index(op.f("ix_scan_state"), "scan", ["state"])
    op.create_table(
        "image",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(64), nullable=False),
        sa.Column("study_uid", sa.String(64), nullable=False),
        sa.Column("series_uid", sa.String(64), nullable=False),
        sa.Column("view_id", sa.String(36), nullable=False),
        sa.Column("scan_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("window_center", sa.Float(), nullable=False),
        sa.Column("window_width", sa.Float(), nullable=False),
        sa.Column("quarter_turns", sa.Integer(), nullable=False),
        sa.Column("inverted", sa.Boolean(), nullable=False),
        sa.Column("exposure_index", sa.Float(), nullable=True),
        sa.Column("target_index", sa.Float(), nullable=False),
        sa.Column("deviation_index", sa.Float(), nullable=True),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("reject_reason", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.String(27), nullable=True),
        sa.Column("retake_of", sa.String(64), nullable=True),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["retake_of"], ["image.uid"], name=op.f("fk_image_retake_of")),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], name=op.f("fk_image_scan_id")),
        sa.ForeignKeyConstraint(["series_uid"], ["series.uid"], name=op.f("fk_image_series_uid")),
        sa.ForeignKeyConstraint(["study_uid"], ["study.uid"], name=op.f("fk_image_study_uid")),
        sa.ForeignKeyConstraint(["view_id"], ["view.id"], name=op.f("fk_image_view_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_image")),
        sa.UniqueConstraint("series_uid", "number", name=op.f("uq_image_series_uid_number")),
        sa.UniqueConstraint("uid", name=op.f("uq_image_uid")),
    )
    op.create_index(op.f("ix_image_scan_id"), "image", ["scan_id"])
    op.create_index(op.f("ix_image_study_uid"), "image", ["study_uid"])
    op.create_index(op.f("ix_image_verdict"), "image", ["verdict"])
    op.create_index(op.f("ix_image_view_id"), "image", ["view_id"])
    op.create_table(
        "instance",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("sop_instance_uid", sa.String(64), nullable=False),
        sa.Column("sop_class_uid", sa.String(64), nullable=False),
        sa.Column("transfer_syntax_uid", sa.String(64), nullable=False),
        sa.Column("study_uid", sa.String(64), nullable=False),
        sa.Column("series_uid", sa.String(64), nullable=False),
        sa.Column("image_uid", sa.String(64), nullable=True),
        sa.Column("file_id", sa.String(36), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("frozen_at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["image_uid"], ["image.uid"], name=op.f("fk_instance_image_uid")),
        sa.ForeignKeyConstraint(["series_uid"], ["series.uid"], name=op.f("fk_instance_series_uid")),
        sa.ForeignKeyConstraint(["study_uid"], ["study.uid"], name=op.f("fk_instance_study_uid")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_instance")),
        sa.UniqueConstraint("file_id", name=op.f("uq_instance_file_id")),
        sa.UniqueConstraint("sop_instance_uid", name=op.f("uq_instance_sop_instance_uid")),
    )
    op.create_index(op.f("ix_instance_image_uid"), "instance", ["image_uid"])
    op.create_index(op.f("ix_instance_study_uid"), "instance", ["study_uid"])
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sop_instance_uid", sa.String(64), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("priority", sa.String(16), nullable=False),
        sa.Column(
            "turn",
            sa.Integer(),
            sa.Computed("CASE WHEN (priority = 'stat') THEN 0 ELSE 1 END", persisted=False),
            nullable=False,
        ),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.String(27), nullable=False),
        sa.Column("next_try_at", sa.String(27), nullable=True),
        sa.Column(
            "due_at",
            sa.String(27),
            sa.Computed("max(not_before, coalesce(next_try_at, not_before))", persisted=False),
            nullable=False,
        ),
        sa.Column(
            "set_at",
            sa.String(27),
            sa.Computed("coalesce(last_at, created_at)", persisted=False),
            nullable=False,
        ),
        sa.Column("proof", sa.String(16), nullable=True),
        sa.Column("last", sa.Text(), nullable=True),
        sa.Column("last_at", sa.String(27), nullable=True),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("sent_at", sa.String(27), nullable=True),
        sa.Column("proved_at", sa.String(27), nullable=True),
        sa.ForeignKeyConstraint(
            ["sop_instance_uid"], ["instance.sop_instance_uid"], name=op.f("fk_job_sop_instance_uid")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("sop_instance_uid", "destination", name=op.f("uq_job_sop_instance_uid_destination")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_job_due", "job", ["destination", "state", "held", "due_at"])
    op.create_index("ix_job_state", "job", ["state", "held"])
    op.create_index("ix_job_turn", "job", ["destination", "state", "held", "turn", "id", "due_at", "set_at"])
    op.create_table(
        "job_progress",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("bytes_sent", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_job_progress_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job_progress")),
    )
    for deed in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER event_no_{deed.lower()} BEFORE {deed} ON event "
            "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
        )
