"""What the options of a connection do to real sockets."""

import socket
import threading

from fieldstation.upload.reach import tcp_options

STALL_S = 0.5
SIZE = 80 * 1024


def test_a_peer_that_takes_little_at_a_time_is_no_black_hole() -> None:
    # Small enough that its window never opens for all that waits, which a kernel may count as one long stall.
    window, piece, pause_s = 16 * 1024, 1024, 0.03
    came: list[int] = []
    pause = threading.Event()

    def take(listener: socket.socket) -> None:
        link = listener.accept()[0]
        with link:
            while len(taken := link.recv(piece)):
                came.append(len(taken))
                pause.wait(pause_s)

    with socket.socket() as listener, socket.socket() as link:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        peer = threading.Thread(target=take, args=(listener,))
        peer.start()
        for option, value in tcp_options(STALL_S):
            link.setsockopt(socket.IPPROTO_TCP, option, value)
        link.connect(listener.getsockname())
        link.sendall(bytes(SIZE))
        link.shutdown(socket.SHUT_WR)
        peer.join()
    assert sum(came) == SIZE
