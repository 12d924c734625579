"""From a picture that was fetched to what the stage shows of it, with what is written over it."""

from fieldstation.services.boards import ImageDetail, StudyBoard, ViewCard
from fieldstation.services.words import person_name, text
from fieldstation.ui import formats
from fieldstation.ui.study.findings import places_of
from fieldstation.ui.study.pictures import Loaded
from fieldstation.ui.study.stage import Exhibit
from fieldstation.ui.viewer.canvas import Captions, Sheet


def exhibit(board: StudyBoard, view: ViewCard, loaded: Loaded) -> Exhibit:
    """A picture to be judged."""
    uid = loaded.detail.image_uid
    return Exhibit(
        image_uid=uid,
        sheet=Sheet(
            pyramid=loaded.pyramid,
            pitch_mm=loaded.pitch_mm,
            automatic=loaded.automatic,
            captions=_captions(board, view, loaded.detail),
            places=places_of(loaded.detail.findings),
            region=loaded.region,
        ),
        presentation=loaded.detail.presentation,
        windows=loaded.windows,
        retake_of=next((tried.image_uid for tried in reversed(view.rejected) if tried.image_uid != uid), None),
    )


def before(view: ViewCard, loaded: Loaded) -> Sheet | None:
    """A picture that was rejected, to be shown beside its retake, with the reason; None where it is none of those."""
    reason = next((tried.reason for tried in view.rejected if tried.image_uid == loaded.detail.image_uid), None)
    if reason is None:
        return None
    taken = formats.clock(loaded.detail.exposed_at.astimezone())
    captions = Captions([text("ui.before"), text(f"ui.reason_{reason}"), taken])
    return Sheet(pyramid=loaded.pyramid, pitch_mm=loaded.pitch_mm, automatic=loaded.automatic, captions=captions)


def _captions(board: StudyBoard, view: ViewCard, detail: ImageDetail) -> Captions:
    """Whose picture of what, when it was taken, and how much of the exposure reached the plate."""
    taken = detail.exposed_at.astimezone()
    name, of = _who(board, view)
    # Two lines and no more: a third reaches down to where a lead marker lies.
    left = [name, formats.joined(of, formats.day(taken.date()), formats.clock(taken))]
    right = []
    if detail.deviation_index is not None and detail.exposure_index is not None:
        right = [f"DI {formats.signed(detail.deviation_index)}", f"EI {round(detail.exposure_index)}"]
    return Captions(left, right)


def reading_captions(board: StudyBoard, view: ViewCard, plate_id: str) -> Captions:
    """Whose plate of what is being read, and which."""
    return Captions(_who(board, view), [plate_id, formats.plate_size(view.plate_size)])


def _who(board: StudyBoard, view: ViewCard) -> list[str]:
    return [person_name(board.banner.name), view.name]
