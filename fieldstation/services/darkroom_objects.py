"""The darkroom's jobs that make DICOM objects, or files from them. Imported in the worker process only."""

from collections.abc import Mapping
from pickle import PickleBuffer

from fieldstation.assets import MARKER_FONT, TEXT_FONT, asset
from fieldstation.dicom.cr_image import cr_image
from fieldstation.dicom.directory import DirectoryEntry, directory
from fieldstation.dicom.encode import decode, encode, transcode, written
from fieldstation.dicom.presentation_state import presentation_state
from fieldstation.dicom.uids import EXPLICIT_VR_LITTLE_ENDIAN
from fieldstation.domain.findings import FindingRule
from fieldstation.imaging.develop import develop
from fieldstation.imaging.sheet import as_file, sheet
from fieldstation.imaging.shown import as_shown
from fieldstation.services.darkroom_jobs import DirectoryJob, FreezeJob, Frozen, SheetJob, TranscodeJob

_NO_RULES: Mapping[str, FindingRule] = {}
"""Freezing needs the pixels only."""


def made(job: object) -> object:
    """The answer to such a job."""
    match job:
        case FreezeJob():
            return _freeze(job)
        case TranscodeJob():
            return PickleBuffer(transcode(bytes(job.part10), job.transfer_syntax_uid))
        case SheetJob():
            return PickleBuffer(_sheet(job))
        case DirectoryJob():
            entries = [DirectoryEntry(file_id, bytes(part10)) for file_id, part10 in job.entries]
            return PickleBuffer(directory(entries, job.uid))
        case _:
            raise TypeError(type(job).__name__)


def _freeze(job: FreezeJob) -> Frozen:
    facts = job.facts
    scan, presentation = facts.scan, facts.image.presentation
    developed = develop(bytes(job.raw), scan.geometry, scan.response, facts.view, rules=_NO_RULES)
    shown = as_shown(developed.pixels, presentation, scan.geometry.pitch_mm, asset(MARKER_FONT))
    return Frozen(
        image=encode(cr_image(facts, shown, developed.pipeline)),
        state=written(presentation_state(facts, job.state), EXPLICIT_VR_LITTLE_ENDIAN) if job.state else None,
    )


def _sheet(job: SheetJob) -> bytes:
    grey = sheet(decode(bytes(job.part10)), job.presentation, job.geometry, job.banner, asset(TEXT_FONT))
    return as_file(grey, job.kind)
