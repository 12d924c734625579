"""Builds the Grayscale Softcopy Presentation State (PS3.3 A.33.1) that carries an image's annotations.

Orientation, crop and side markers are in the image's own pixels, so the state adds none of them: it repeats window and
shutter, which would be lost where it is applied without them, and adds text and lines.
"""

from collections.abc import Iterable, Sequence

from pydicom.dataset import Dataset

from fieldstation import __version__
from fieldstation.dicom import text
from fieldstation.dicom.common import (
    BITS_STORED,
    SIMULATED,
    add_shutter,
    begin,
    date_of,
    local_zone,
    placement_of,
    shown_shutter,
    time_of,
)
from fieldstation.dicom.facts import CRImageFacts, StateFacts
from fieldstation.dicom.uids import CR_IMAGE_STORAGE, PRESENTATION_STATE_STORAGE
from fieldstation.domain.annotations import (
    Annotation,
    Area,
    Placement,
    Point,
    caption,
    caption_place,
    points_of,
    strokes_of,
)

_LAYER = "ANNOTATIONS"
_CAPTION_MM, _ARROW_HEAD_MM = 5.0, 5.0
"""Height of what is written, and length of an arrow's wings, at the plate."""
_CHARACTER_WIDTH = 0.6
"""Of its height, on average."""


def presentation_state(facts: CRImageFacts, state: StateFacts) -> Dataset:
    """The complete dataset; it belongs to the image that the same facts give.

    Raises:
        Refused: ``instance.too_long`` or ``instance.bad_text``.
    """
    dataset = begin(facts)
    _add_series(dataset, facts, state)
    _add_identification(dataset, facts, state)
    _add_relationship(dataset, facts)
    shutter = shown_shutter(facts)
    if shutter is not None:
        add_shutter(dataset, shutter)
    placement = placement_of(facts)
    dataset.DisplayedAreaSelectionSequence = [_displayed(placement)]
    drawing = _Drawing(placement, facts.scan.geometry.pitch_mm)
    drawn = drawing.annotation(facts.image.presentation.annotations)
    if drawn is not None:
        dataset.GraphicAnnotationSequence = [drawn]
        dataset.GraphicLayerSequence = [_layer()]
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "0", "1", "US"
    dataset.SoftcopyVOILUTSequence = [_window(facts)]
    dataset.PresentationLUTShape = "IDENTITY"
    return dataset


def _add_series(dataset: Dataset, facts: CRImageFacts, state: StateFacts) -> None:
    dataset.Modality = "PR"
    dataset.SeriesInstanceUID = state.series.uid
    dataset.SeriesNumber = state.series.number
    dataset.SeriesDescription = "Annotations"
    dataset.Laterality = ""
    if facts.operator:
        dataset.OperatorsName = text.person_name("OperatorsName", facts.operator)
    dataset.Manufacturer = "Fieldstation"
    dataset.ManufacturerModelName = "Fieldstation"
    dataset.SoftwareVersions = __version__
    dataset.InstitutionName = text.long_string("InstitutionName", facts.station.institution)
    dataset.StationName = text.short_string("StationName", facts.station.name)


def _add_identification(dataset: Dataset, facts: CRImageFacts, state: StateFacts) -> None:
    made = state.created_at.astimezone(local_zone(facts))
    dataset.SOPClassUID = PRESENTATION_STATE_STORAGE
    dataset.SOPInstanceUID = state.uid
    dataset.InstanceNumber = state.number
    dataset.InstanceCreationDate, dataset.InstanceCreationTime = date_of(made), time_of(made)
    dataset.PresentationCreationDate, dataset.PresentationCreationTime = date_of(made), time_of(made)
    dataset.ContentLabel = _LAYER
    dataset.ContentDescription = "Annotations of the technologist"
    dataset.ContentCreatorName = text.person_name("ContentCreatorName", facts.operator)
    if facts.scan.reader.simulated:
        dataset.ContentDescription = SIMULATED
        dataset.QualityControlImage = "YES"


def _add_relationship(dataset: Dataset, facts: CRImageFacts) -> None:
    image = Dataset()
    image.ReferencedSOPClassUID = CR_IMAGE_STORAGE
    image.ReferencedSOPInstanceUID = facts.image.uid
    series = Dataset()
    series.SeriesInstanceUID = facts.series.uid
    series.ReferencedImageSequence = [image]
    dataset.ReferencedSeriesSequence = [series]


def _displayed(placement: Placement) -> Dataset:
    item = Dataset()
    item.DisplayedAreaTopLeftHandCorner = [1, 1]
    item.DisplayedAreaBottomRightHandCorner = [placement.shown_columns, placement.shown_rows]
    item.PresentationSizeMode = "SCALE TO FIT"
    item.PresentationPixelAspectRatio = [1, 1]
    return item


def _layer() -> Dataset:
    item = Dataset()
    item.GraphicLayer = _LAYER
    item.GraphicLayerOrder = 1
    item.GraphicLayerRecommendedDisplayGrayscaleValue = 0xFFFF
    return item


def _window(facts: CRImageFacts) -> Dataset:
    presentation = facts.image.presentation
    item = Dataset()
    item.WindowCenter = text.decimal(presentation.frozen_center(BITS_STORED), 1)
    item.WindowWidth = text.decimal(presentation.window_width, 1)
    return item


class _Drawing:
    """Annotations as text and graphic objects (PS3.3 C.10.5), in pixels of the frozen image."""

    def __init__(self, placement: Placement, pitch_mm: float) -> None:
        self._placement = placement
        self._pitch_mm = pitch_mm
        self._picture = Area(0, 0, placement.shown_columns, placement.shown_rows)

    def annotation(self, annotations: Sequence[Annotation]) -> Dataset | None:
        """All that is seen of them; None where nothing is."""
        item = Dataset()
        item.GraphicLayer = _LAYER
        seen = [one for one in annotations if self._is_seen(one)]
        texts = [found for one in seen for found in self._texts(one)]
        wing = _ARROW_HEAD_MM / self._pitch_mm
        graphics = [_polyline(stroke) for one in seen for stroke in strokes_of(one, self._points(one), wing)]
        if texts:
            item.TextObjectSequence = texts
        if graphics:
            item.GraphicObjectSequence = graphics
        return item if texts or graphics else None

    def _is_seen(self, annotation: Annotation) -> bool:
        return any(map(self._picture.holds, self._points(annotation)))

    def _points(self, annotation: Annotation) -> list[Point]:
        return [self._placement.to_shown(point) for point in points_of(annotation)]

    def _texts(self, annotation: Annotation) -> Iterable[Dataset]:
        words = caption(annotation, self._pitch_mm)
        if not words:
            return
        height = _CAPTION_MM / self._pitch_mm
        width = len(words) * height * _CHARACTER_WIDTH
        anchor = caption_place(annotation, self._placement, width, height)
        left = max(0.0, min(anchor.x, self._picture.right - width))
        top = max(0.0, min(anchor.y - height / 2, self._picture.bottom - height))
        item = Dataset()
        item.BoundingBoxAnnotationUnits = "PIXEL"
        item.UnformattedTextValue = words
        item.BoundingBoxTopLeftHandCorner = [left, top]
        item.BoundingBoxBottomRightHandCorner = [left + width, top + height]
        item.BoundingBoxTextHorizontalJustification = "LEFT"
        yield item


def _polyline(points: Sequence[Point]) -> Dataset:
    item = Dataset()
    item.GraphicAnnotationUnits = "PIXEL"
    item.GraphicDimensions = 2
    item.NumberOfGraphicPoints = len(points)
    item.GraphicData = [coordinate for point in points for coordinate in (point.x, point.y)]
    item.GraphicType = "POLYLINE"
    item.GraphicFilled = "N"
    return item
