"""What is written above an exported picture: whose it is, and what it shows."""

from datetime import timedelta, timezone

from fieldstation.domain.exams import Image, StudyFile
from fieldstation.domain.views import Catalogue, OrderedView
from fieldstation.imaging.banner import Banner, Line
from fieldstation.services.board_today import view_name
from fieldstation.services.words import person_name, text


def banner_of(file: StudyFile, image: Image, catalogue: Catalogue, institution: str) -> Banner:
    """The banner of one image. Times are those of the place where it was exposed."""
    study = file.study
    view = next(view for view in file.views if view.id == image.view_id)
    scan = next(scan for scan in file.scans if scan.id == image.scan_id)
    exposure = next(exposure for exposure in file.exposures if exposure.id == scan.exposure_id)
    exposed = exposure.exposed_at.astimezone(timezone(timedelta(minutes=exposure.utc_offset_minutes)))
    born = study.birth_date.isoformat() if study.birth_date else text("export.unknown")
    marks = [
        *([text("export.simulated")] if scan.reader.simulated else []),
        *([text("export.flipped")] if image.presentation.flipped else []),
        *([text("export.digital_marker")] if image.presentation.markers else []),
    ]
    return Banner(
        left=(
            _name(study.patient_name),
            (text("export.patient", id=study.patient_id, born=born, sex=study.sex),),
            (text("export.accession", accession=study.accession or text("export.unknown")),),
        ),
        right=(
            (view_name(catalogue, OrderedView(view.view, view.side)),),
            (text("export.exposed", at=f"{exposed:%Y-%m-%d %H:%M}", plate=exposure.plate_id),),
            (institution,),
            *([(" · ".join(marks),)] if marks else []),
        ),
    )


def _name(name: str) -> Line:
    """The name in its first spelling that can be drawn (PS3.5 6.2.1.2), else where to read it."""
    spellings = [person_name(group) for group in name.split("=") if group.strip("^ ")]
    return (*spellings, text("export.name_elsewhere"))
