"""``fieldstation study …``: from a new study to its images on their way."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from fieldstation.bootstrap.station import Station
from fieldstation.cli.context import station
from fieldstation.cli.output import AsJson, iso, print_json, print_table, say
from fieldstation.cli.plates import Confirm, going_on
from fieldstation.domain.errors import WrongUse
from fieldstation.domain.exams import Finding, Image, Instance, ScanState, StudyFile, StudyView, Technique, Verdict
from fieldstation.domain.jobs import Job, safe_instances
from fieldstation.domain.patients import Priority, Sex
from fieldstation.domain.views import OrderedView
from fieldstation.services.begin import NewStudy
from fieldstation.services.board_study import view_in
from fieldstation.services.capture import Cassette
from fieldstation.services.export import ExportForm, ExportWish
from fieldstation.services.progress import accepted_images, needed_views, stage
from fieldstation.services.words import person_name, sentence

app = typer.Typer(no_args_is_help=True, help="Studies: begin, scan, judge, send, export.")

StudyArgument = Annotated[str, typer.Argument(metavar="STUDY", help="Study Instance UID or accession number.")]
ImageArgument = Annotated[str, typer.Argument(metavar="IMAGE", help="The image_uid that scan printed.")]


@app.command()
def new(  # noqa: PLR0913, PLR0917 - the shell contract
    context: typer.Context,
    patient_id: Annotated[str, typer.Option(help="The patient's ID.")],
    name: Annotated[str, typer.Option(help='The patient\'s name, "FAMILY^GIVEN".')],
    birth_date: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="The patient's date of birth.")],
    sex: Annotated[Sex, typer.Option(help="The patient's sex.")],
    view: Annotated[list[str], typer.Option(metavar="ID[:L|R|B]", help="A view of the catalogue; repeat it.")],
    accession: Annotated[str, typer.Option(help="The office's accession number.")] = "",
    referring: Annotated[str, typer.Option(help='The referring physician, "FAMILY^GIVEN".')] = "",
    priority: Annotated[Priority, typer.Option(help="How urgent it is.")] = Priority.ROUTINE,
    description: Annotated[str, typer.Option(help="What is examined, in words.")] = "",
    order: Annotated[str, typer.Option(help="The order that this study performs (its id or accession).")] = "",
    as_json: AsJson = False,
) -> None:
    """Begin a study."""
    with station(context) as opened:
        request = NewStudy(
            patient_id=patient_id,
            name=name,
            birth_date=_date(birth_date),
            sex=sex,
            views=[opened.catalogue.parse(text) for text in view],
            accession=accession,
            referring_physician=referring,
            priority=priority,
            description=description,
            order=order,
        )
        study_uid = opened.beginning.by_hand(request)
    if as_json:
        print_json({"study_uid": study_uid})
    else:
        say(f"Study {study_uid} begun.")


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the studies, oldest first."""
    with station(context) as opened:
        with opened.store.reading() as questions:
            files = questions.study_files()
        primary = opened.primary
    if as_json:
        print_json([_study_json(file, primary) for file in files])
        return
    print_table(
        ("ACCESSION", "PATIENT", "PRIORITY", "ACCEPTED", "STATE", "STUDY"),
        (
            (
                file.study.accession or "-",
                person_name(file.study.patient_name),
                file.study.priority,
                f"{len(accepted_images(file))} of {len(needed_views(file))}",
                stage(file, primary),
                file.study.uid,
            )
            for file in files
        ),
    )


@app.command()
def show(context: typer.Context, study: StudyArgument, as_json: AsJson = False) -> None:
    """Show a study, its images and their way to the PACS."""
    with station(context) as opened:
        opened.capture.settle(study)
        with opened.store.reading() as questions:
            file = questions.study_file(study)
        value = _study_json(file, opened.primary) | {"images": [_image_json(opened, file, i) for i in file.images]}
    if as_json:
        print_json(value)
        return
    say(f"{person_name(file.study.patient_name)} · {file.study.accession or 'no accession'} · {value['state']}")
    print_table(
        ("VIEW", "VERDICT", "EI", "DI", "UPLOADS", "IMAGE"),
        [
            (
                view_text(file, image),
                image.verdict,
                "-" if image.exposure_index is None else f"{image.exposure_index:.0f}",
                "-" if image.deviation_index is None else f"{image.deviation_index:+.1f}",
                ", ".join(f"{job.destination} {job_word(job)}" for job in jobs_of(file, image.uid)) or "-",
                image.uid,
            )
            for image in file.images
        ]
        + [
            (shell_view(OrderedView(view.view, view.side)), _without_image(view), "-", "-", "-", "-")
            for view in file.views
            if view.id not in {image.view_id for image in file.images}
        ],
    )


@app.command()
def scan(  # noqa: PLR0913, PLR0917 - the shell contract
    context: typer.Context,
    study: StudyArgument,
    view: Annotated[str, typer.Option(metavar="ID[:L|R|B]", help="The view that the cassette was exposed for.")],
    cassette: Annotated[str, typer.Option(help="The cassette's plate ID.")],
    kvp: Annotated[float | None, typer.Option(min=20, max=200, help="Tube voltage in kV.")] = None,
    mas: Annotated[float | None, typer.Option(min=0.01, max=2000, help="Tube load in mAs.")] = None,
    plate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Expose the simulated cassette to a 16-bit PNG or DICOM file.")
    ] = None,
    confirm: Confirm = "",
    as_json: AsJson = False,
) -> None:
    """Read a cassette for a view; a view whose last image was rejected is retaken."""
    with station(context) as opened:
        wanted = opened.catalogue.parse(view)
        with opened.store.reading() as questions:
            file = questions.study_file(study)
        image_uid = opened.capture.read(
            Cassette(
                study_uid=file.study.uid,
                view_id=view_in(file, wanted).id,
                plate_id=cassette,
                technique=Technique(kvp=kvp, mas=mas),
                picture=plate,
                going_on=going_on(confirm),
            )
        )
        with opened.store.reading() as questions:
            image = questions.image(image_uid)
    if as_json:
        print_json(
            {
                "image_uid": image.uid,
                "exposure_index": image.exposure_index,
                "deviation_index": image.deviation_index,
                "findings": [_finding_json(finding) for finding in image.findings],
            }
        )
        return
    say(f"Image {image.uid}")
    for finding in image.findings:
        say(f"{finding.severity}: {sentence(finding.message)}")


@app.command()
def process(
    context: typer.Context,
    image: ImageArgument,
    look: Annotated[
        str, typer.Option(metavar="NAME", help="Whose parameters: general, chest, bone, extremity, or one of the site.")
    ],
    as_json: AsJson = False,
) -> None:
    """Process an undecided image again, from its raw scan, by other parameters than its view's."""
    with station(context) as opened:
        opened.judging.process(image, look)
    if as_json:
        print_json({"image_uid": image, "look": look})
    else:
        say("Processed.")


@app.command()
def accept(context: typer.Context, image: ImageArgument, as_json: AsJson = False) -> None:
    """Accept an image and freeze it."""
    with station(context) as opened:
        opened.judging.accept(image)
    if as_json:
        print_json({"image_uid": image, "verdict": Verdict.ACCEPTED})
    else:
        say("Accepted.")


@app.command()
def reject(
    context: typer.Context,
    image: ImageArgument,
    reason: Annotated[str, typer.Option(metavar="CODE", help="Why: a code value of CID 7011, 111209 say.")],
    as_json: AsJson = False,
) -> None:
    """Reject an image with a coded reason; the view can be scanned again."""
    with station(context) as opened:
        opened.judging.reject(image, reason)
    if as_json:
        print_json({"image_uid": image, "verdict": Verdict.REJECTED, "reject_reason": reason})
    else:
        say("Rejected. Scan the view again to retake it.")


@app.command()
def send(
    context: typer.Context,
    study: StudyArgument,
    partial: Annotated[bool, typer.Option("--partial", help="Send although views are not accepted yet.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put the accepted images on their way."""
    with station(context) as opened:
        made = opened.sending.send_accepted(study) if partial else opened.sending.send(study)
    if as_json:
        print_json({"jobs": made})
    else:
        say(
            f"{made} on their way; they leave in 5 s."
            if made
            else "All of it is sent already; see 'fieldstation queue list'."
        )


@app.command()
def export(  # noqa: PLR0913, PLR0917 - the shell contract
    context: typer.Context,
    study: StudyArgument,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the files go.")],
    form: Annotated[
        ExportForm, typer.Option("--as", help="DICOM files, pictures, or a patient's folder with a DICOMDIR.")
    ] = ExportForm.DICOM,
    banner: Annotated[bool, typer.Option("--banner", help="Patient and view above each picture.")] = False,
    image: Annotated[str | None, typer.Option("--image", metavar="IMAGE", help="This image only.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the accepted images; as plain DICOM files they are the very bytes that are sent."""
    with station(context) as opened:
        files = opened.exporting.export(study, folder, ExportWish(form=form, banner=banner, image_uid=image))
    if as_json:
        print_json({"files": [str(file) for file in files]})
    else:
        say(f"{len(files)} written to {folder}.")
        if form is ExportForm.DICOMDIR:
            say("Everything is on the medium; it is safe to take it out.")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUse("study.bad_date", date=text) from None


def view_text(file: StudyFile, image: Image) -> str:
    """An image's view as it is written in the shell, ``hand-pa:R``."""
    view = next(view for view in file.views if view.id == image.view_id)
    return shell_view(OrderedView(view.view, view.side))


def shell_view(view: OrderedView) -> str:
    """A view as it is written in the shell."""
    return f"{view.view}:{view.side}" if view.side else view.view


def _without_image(view: StudyView) -> str:
    """What is known of a view that has no image here, in a few words."""
    if view.read_elsewhere:
        return f"read at {view.read_elsewhere}"
    if view.plate_id is None:
        return "not exposed"
    return f"{view.plate_id} {'packed' if view.exposed_at is None else 'not read'}"


def jobs_of(file: StudyFile, sop_instance_uid: str) -> list[Job]:
    """The upload jobs of an instance."""
    return [job for job in file.jobs if job.sop_instance_uid == sop_instance_uid]


def job_word(job: Job) -> str:
    """How a job stands, in a word."""
    if job.gone_at is not None:
        return "gone"
    return "held" if job.held else job.state.value


def job_json(job: Job, primary: str | None) -> dict[str, object]:
    """A job's way to its destination; ``safe``: proved at the primary destination, or at a standby in its place."""
    return {
        "destination": job.destination,
        "instead_of": job.instead_of,
        "state": job.state,
        "safe": job.is_held_there and job.counts_for(primary),
        "held": job.held,
        "gone_at": iso(job.gone_at),
        "next_try_at": iso(job.next_try_at),
        "bytes_total": job.bytes_total,
        "bytes_sent": job.bytes_sent,
        "attempts": job.attempts,
        "proof": job.proof,
        "last_event": sentence(job.last) if job.last else None,
        "last_event_at": iso(job.last_at),
    }


def _study_json(file: StudyFile, primary: str | None) -> dict[str, object]:
    study = file.study
    return {
        "study_uid": study.uid,
        "accession": study.accession,
        "patient_id": study.patient_id,
        "patient_name": study.patient_name,
        "birth_date": study.birth_date.isoformat() if study.birth_date else None,
        "sex": study.sex,
        "priority": study.priority,
        "description": study.description,
        "referring_physician": study.referring_physician,
        "state": stage(file, primary),
        "created_at": iso(study.created_at),
        "sent_at": iso(study.sent_at),
        "views": [shell_view(OrderedView(view.view, view.side)) for view in file.views],
    }


def _image_json(opened: Station, file: StudyFile, image: Image) -> dict[str, object]:
    mine = [instance for instance in file.instances if instance.image_uid == image.uid]
    instance = next((found for found in mine if found.is_image), None)
    state = next((found for found in mine if not found.is_image), None)
    return {
        "image_uid": image.uid,
        "view": view_text(file, image),
        "verdict": image.verdict,
        "partial": next(scan for scan in file.scans if scan.id == image.scan_id).state is ScanState.PARTIAL,
        "reject_reason": image.reject_reason,
        "retake_of": image.retake_of,
        "exposure_index": image.exposure_index,
        "deviation_index": image.deviation_index,
        "findings": [_finding_json(finding) for finding in image.findings],
        "file": str(opened.store.files.path(instance.file_id)) if instance else None,
        "sha256": instance.sha256 if instance else None,
        "created_at": iso(image.created_at),
        "safe": image.uid in safe_instances(file.jobs, opened.primary),
        "uploads": [job_json(job, opened.primary) for job in jobs_of(file, image.uid)],
        "annotations": _annotations_json(opened, file, state) if state else None,
    }


def _annotations_json(opened: Station, file: StudyFile, state: Instance) -> dict[str, object]:
    return {
        "sop_instance_uid": state.sop_instance_uid,
        "file": str(opened.store.files.path(state.file_id)),
        "sha256": state.sha256,
        "uploads": [job_json(job, opened.primary) for job in jobs_of(file, state.sop_instance_uid)],
    }


def _finding_json(finding: Finding) -> dict[str, object]:
    box = finding.box
    return {
        "code": finding.message.code,
        "severity": finding.severity,
        "text": sentence(finding.message),
        "measured": finding.message.params.get("value"),
        "limit": finding.message.params.get("limit"),
        "box_mm": [box.left, box.top, box.width, box.height] if box else None,
    }
