"""Taking accepted images out of the program: DICOM files, pictures, and a folder for a patient to carry."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fieldstation.domain.errors import Refused, WrongUse
from fieldstation.domain.exams import Image, Instance, StudyFile
from fieldstation.domain.ports import IdSource
from fieldstation.domain.store import Store
from fieldstation.domain.views import Catalogue
from fieldstation.imaging.banner import Banner
from fieldstation.services.banner import banner_of
from fieldstation.services.darkroom import Darkroom
from fieldstation.services.media import Medium
from fieldstation.services.whole_files import all_or_none, put_beside


class ExportForm(StrEnum):
    """What is written."""

    DICOM = "dicom"
    """The very bytes that are sent, a file each."""
    PNG = "png"
    JPEG = "jpeg"
    DICOMDIR = "dicomdir"
    """A folder for any viewer and any browser (IHE PDI)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportWish:
    """What to export: one image or all accepted ones of the study; pictures with or without a banner above them."""

    form: ExportForm = ExportForm.DICOM
    banner: bool = False
    image_uid: str | None = None


class Exporting:
    """Writes what is accepted; nothing of it is ever changed by that."""

    def __init__(
        self, *, store: Store, catalogue: Catalogue, ids: IdSource, darkroom: Darkroom, institution: str
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._ids = ids
        self._darkroom = darkroom
        self._institution = institution

    def export(self, study_uid: str, folder: Path, wish: ExportWish) -> list[Path]:
        """Write to ``folder``; the files that a person looks for, in order. They are durable when it returns.

        DICOM files and pictures are named by SOP Instance UID, those with a banner ``…-named``; each appears whole or
        not at all, and takes the next free number (``…-2``) where one has its name. A DICOMDIR comes last, when
        everything that it lists is there; it is never put beside another.

        Raises:
            WrongUse: ``export.banner``: only pictures have one.
            Refused: ``study.unknown``, ``send.nothing_accepted``, ``export.not_accepted``, ``export.occupied``.
            Failed: ``disk.cannot_write``, ``darkroom.…``, or a stored file is missing or damaged.

        After any of these nothing of it is left.
        """
        if wish.banner and wish.form not in (ExportForm.PNG, ExportForm.JPEG):
            raise WrongUse("export.banner")
        with self._store.reading() as questions:
            file = questions.study_file(study_uid)
        instances = _wanted(file, wish.image_uid)
        match wish.form:
            case ExportForm.DICOM:
                return all_or_none(self._copy(instance, folder) for instance in instances)
            case ExportForm.DICOMDIR:
                return self._medium(file, instances, folder)
            case ExportForm.PNG | ExportForm.JPEG as form:
                pictures = [instance for instance in instances if instance.is_image]
                return all_or_none(self._picture(file, one, folder, form, banner=wish.banner) for one in pictures)

    def _copy(self, instance: Instance, folder: Path) -> Path:
        return put_beside(folder / f"{instance.sop_instance_uid}.dcm", self._store.files.get(instance.file_id))

    def _picture(self, file: StudyFile, instance: Instance, folder: Path, form: ExportForm, *, banner: bool) -> Path:
        name = f"{instance.sop_instance_uid}{_NAMED if banner else ''}.{'jpg' if form is ExportForm.JPEG else form}"
        above = self._banner(file, instance) if banner else None
        return put_beside(folder / name, self._sheet(file, instance, form, above))

    def _medium(self, file: StudyFile, instances: Sequence[Instance], folder: Path) -> list[Path]:
        medium = Medium(folder)
        with medium.filling():
            entries = []
            captions = []
            for number, instance in enumerate(instances, start=1):
                content = self._store.files.get(instance.file_id)
                name = f"{'IM' if instance.is_image else 'PR'}{number:06d}"
                entries.append((("DICOM", name), content))
                medium.add_instance(name, self._darkroom.transcode(content, _ON_MEDIA))
                if instance.is_image:
                    banner = self._banner(file, instance)
                    medium.add_picture(name, self._sheet(file, instance, ExportForm.JPEG, banner))
                    captions.append((name, banner.right[0][0]))
            medium.add_words(self._institution, captions)
            medium.add_directory(self._darkroom.directory(entries, self._ids.uid()))
        return medium.files

    def _sheet(self, file: StudyFile, instance: Instance, form: ExportForm, banner: Banner | None) -> bytes:
        image = _image_of(file, instance)
        scan = next(scan for scan in file.scans if scan.id == image.scan_id)
        content = self._store.files.get(instance.file_id)
        return self._darkroom.sheet(content, image.presentation, scan.geometry, banner, form)

    def _banner(self, file: StudyFile, instance: Instance) -> Banner:
        return banner_of(file, _image_of(file, instance), self._catalogue, self._institution)


_NAMED = "-named"
"""Tells a picture that shows the patient's name from one that does not; the name itself is in no file's name."""
_ON_MEDIA = "1.2.840.10008.1.2.1"
"""Explicit VR Little Endian: the one form that every reader of media has to take (PS3.11 annex D, IHE PDI)."""


def _image_of(file: StudyFile, instance: Instance) -> Image:
    return next(image for image in file.images if image.uid == instance.image_uid)


def _wanted(file: StudyFile, image_uid: str | None) -> Sequence[Instance]:
    if not file.instances:
        raise Refused("send.nothing_accepted")
    if image_uid is None:
        return file.instances
    wanted = [instance for instance in file.instances if instance.image_uid == image_uid]
    if not wanted:
        raise Refused("export.not_accepted")
    return wanted
