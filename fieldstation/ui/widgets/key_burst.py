"""Tells a barcode scanner from a hand: a scanner types a word within a blink and ends it with Enter."""

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent

PAUSE_MS = 50
_SHORTEST = 3


class KeyBurst(QObject):
    """Collects keys. ``pressed`` carries a key that stood alone, ``scanned`` the word of a scanner.

    A key is taken as pressed by hand when no other follows within 50 ms; that is why it acts only then.
    """

    pressed = Signal(str)
    scanned = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._keys = ""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._on_pause)

    def take(self, event: QKeyEvent) -> bool:
        """Take a key; False when it is none of ours and somebody else may have it."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self._keys:
            word, self._keys = self._keys, ""
            self._pause.stop()
            if len(word) >= _SHORTEST:
                self.scanned.emit(word)
            return True
        typed = event.text()
        alone = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        if not typed.isprintable() or not typed.strip() or event.modifiers() & ~alone:
            return False
        if not event.isAutoRepeat():
            self._keys += typed
            self._pause.start()
        return True

    def _on_pause(self) -> None:
        keys, self._keys = self._keys, ""
        if len(keys) == 1:
            self.pressed.emit(keys.upper())
