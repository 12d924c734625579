"""One window for one data folder: a second start rings at the first one's, which comes to the front."""

import hashlib
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QWidget

_ANSWER_MS = 2000


def _name(folder: Path) -> str:
    """Says nothing of where the folder is, and is short enough for a socket."""
    return f"fieldstation-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]}"


class Doorbell(QObject):
    """Hung by whoever holds the app's lock of the data folder; for this user alone. ``rung`` says that somebody came.

    Who comes before anything is connected to ``rung`` waits until the event loop runs.
    """

    rung = Signal()

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_ring)
        # What a first app that was killed has left: nobody else holds the lock.
        QLocalServer.removeServer(_name(folder))
        self._server.listen(_name(folder))

    def take_down(self) -> None:
        """Listen no longer."""
        self._server.close()

    def _on_ring(self) -> None:
        while (caller := self._server.nextPendingConnection()) is not None:
            caller.disconnected.connect(caller.deleteLater)
            caller.disconnectFromServer()
            self.rung.emit()


def ring(folder: Path) -> bool:
    """Ask the first app of a data folder to come to the front; whether it has a bell."""
    socket = QLocalSocket()
    socket.connectToServer(_name(folder))
    heard = socket.waitForConnected(_ANSWER_MS)
    socket.close()
    return heard


def bring_forward(window: QWidget) -> None:
    """Show a window that is minimised or behind others."""
    window.setWindowState((window.windowState() & ~Qt.WindowState.WindowMinimized) | Qt.WindowState.WindowActive)
    window.show()
    window.raise_()
    window.activateWindow()
