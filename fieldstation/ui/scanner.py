"""Tells a barcode scanner from a hand: a scanner types a word within a blink and ends it with Enter."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

PAUSE_MS = 50
"""The longest pause between two keys of a scanner, and how long a key by hand is kept back outside of a field."""
_SHORTEST = 3
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_ALONE = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier


class Scanner(QObject):
    """Watches all keys of the app, before any shortcut or focused widget has them. ``scanned`` carries a word.

    A key that stood alone goes on to its widget once no other followed within 50 ms, by the times at which they were
    pressed. Several without an Enter are a scanner that is set up wrongly: they go nowhere, so that they press nothing.
    A field of text has its keys at once; where they turn out to be a scanner's, it gets back the text that it had.
    """

    scanned = Signal(str)

    def __init__(self, prefix: str, parent: QObject) -> None:
        """``prefix`` begins every word of the scanner and is no part of it; words without it are a hand's."""
        super().__init__(parent)
        self._prefix = prefix
        self._keys: list[QKeyEvent] = []
        self._field: tuple[QLineEdit, str] | None = None
        self._passing = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._on_pause)

    def watch(self, app: QApplication) -> None:
        """Begin to see the app's keys."""
        app.installEventFilter(self)

    def leave(self, app: QApplication) -> None:
        """See them no more. What is kept back is dropped."""
        app.removeEventFilter(self)
        self._pause.stop()
        self._keys.clear()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """True for what is kept back."""
        kind = event.type()
        if kind not in {QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride}:
            return False
        if self._passing or not isinstance(watched, QWidget) or not isinstance(event, QKeyEvent):
            return False
        if kind is QEvent.Type.ShortcutOverride:
            return self._no_shortcut(event)
        if self._keys and event.timestamp() - self._keys[-1].timestamp() > PAUSE_MS:
            # The hand paused: keys that waited behind a stall of the window arrive at once all the same.
            self._on_pause()
        if event.key() in _ENTER:
            return bool(self._keys) and self._on_enter()
        if not _is_sign(event):
            return False
        return self._on_key(watched, event)

    def _no_shortcut(self, event: QKeyEvent) -> bool:
        """What may be a scanner's starts no shortcut."""
        if _is_sign(event) or (event.key() in _ENTER and self._keys):
            event.accept()
            return True
        return False

    def _on_key(self, watched: QWidget, event: QKeyEvent) -> bool:
        # The list of completions under a field has the keys that are typed into the field.
        typed_into = watched.focusProxy() or watched
        field = typed_into if isinstance(typed_into, QLineEdit) else None
        if not self._keys:
            if field is None and not event.text().strip():
                # The space bar presses what has the focus; no plate ID begins with it.
                return False
            self._field = (field, field.text()) if field else None
        if not event.isAutoRepeat():
            self._keys.append(event.clone())
            self._pause.start()
        return field is None

    def _on_enter(self) -> bool:
        keys, word = self._end(), ""
        word = "".join(key.text() for key in keys)
        if len(word) < _SHORTEST or not word.startswith(self._prefix):
            self._pass_on(keys)
            return False
        if self._field:
            field, before = self._field
            field.setText(before)
        self.scanned.emit(word.removeprefix(self._prefix).strip())
        return True

    def _on_pause(self) -> None:
        self._pass_on(self._end())

    def _end(self) -> list[QKeyEvent]:
        keys, self._keys = self._keys, []
        self._pause.stop()
        return keys

    def _pass_on(self, keys: list[QKeyEvent]) -> None:
        """A single key by hand reaches the widget that has the focus now; a field has had its keys."""
        receiver = QApplication.focusWidget() or QApplication.activeWindow()
        if self._field or len(keys) != 1 or receiver is None:
            return
        self._passing = True
        try:
            QApplication.sendEvent(receiver, keys[0])
        finally:
            self._passing = False


def _is_sign(event: QKeyEvent) -> bool:
    return bool(event.text()) and event.text().isprintable() and not event.modifiers() & ~_ALONE
