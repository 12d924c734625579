"""Words as a QR code (ISO/IEC 18004)."""

import segno

from fieldstation.domain.errors import Refused, WrongUse


def modules(code: str) -> tuple[tuple[bool, ...], ...]:
    """The QR code as rows of dark (True) and light modules, with its quiet zone of 4.

    Raises:
        Refused: ``hand_over.too_many``: so many plates fit into no code.
    """
    made = _qr(code)
    return tuple(tuple(bool(module) for module in row) for row in made.matrix_iter(border=4))


def write_picture(code: str, file: str) -> None:
    """Write the QR code as a picture; the name says which kind.

    Raises:
        WrongUse: ``hand_over.picture_kind``: neither .png nor .svg.
        Refused: ``hand_over.too_many``.
        OSError: it cannot be written.
    """
    if not file.lower().endswith((".png", ".svg")):
        raise WrongUse("hand_over.picture_kind")
    _qr(code).save(file, scale=6, border=4)


def _qr(code: str) -> segno.QRCode:
    try:
        return segno.make_qr(code, error="m")
    except segno.DataOverflowError:
        raise Refused("hand_over.too_many") from None
