"""Why an image is rejected: DICOM CID 7011, scheme DCM, the most used first."""

from collections.abc import Mapping

from fieldstation.domain.errors import WrongUse

REJECT_REASONS: Mapping[str, str] = {
    "111209": "Positioning",
    "111210": "Motion blur",
    "111211": "Under exposed",
    "111212": "Over exposed",
    "111207": "Image artifact(s)",
    "113026": "Double exposure",
    "111208": "Grid artifact(s)",
    "111213": "No image",
    "111214": "Detector artifact(s)",
    "111215": "Artifact(s) other than grid or detector artifact",
    "111219": "Inappropriate image processing",
    "111216": "Mechanical failure",
    "111217": "Electrical failure",
    "111218": "Software failure",
    "111220": "Other failure",
    "111221": "Unknown failure",
}
"""Code value to code meaning."""

READ_AGAIN = "111220"
"""Why the part of a picture is rejected whose read broke off, once its view was read again."""


def check_reason(code: str) -> str:
    """The code itself, if it is one of CID 7011.

    Raises:
        WrongUse: ``image.reason_unknown``.
    """
    if code not in REJECT_REASONS:
        raise WrongUse("image.reason_unknown", reason=code, known=", ".join(REJECT_REASONS))
    return code
