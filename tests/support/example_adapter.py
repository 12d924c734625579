"""The example of docs/bridge-protocol.md: a device with one plate in it, written from that document alone."""

import json
import socket
import struct
import sys
import zlib
from contextlib import suppress

COLUMNS, ROWS = 400, 300
PLATE = struct.pack(f"<{COLUMNS}H", *range(COLUMNS)) * ROWS
WELCOME = {"version": 1, "manufacturer": "Example", "model": "Adapter", "serial": "1", "software": "1"}
HEADER = {"read": "1", "plate_id": "P1", "plate_size": "18CMX24CM", "rows": ROWS, "columns": COLUMNS, "pitch_mm": 0.5}
SIGNAL = {"bits": 12, "response": "log", "gain": 1000.0, "offset": 2000.0}


def send(link: socket.socket, kind: int, payload: bytes) -> None:
    frame = struct.pack(">IB", len(payload), kind) + payload
    link.sendall(frame + struct.pack(">I", zlib.crc32(frame)))


def say(link: socket.socket, kind: int, content: dict[str, object]) -> None:
    send(link, kind, json.dumps(content).encode())


def answer(link: socket.socket, kind: int, content: dict[str, int]) -> None:
    if kind == 0x01:  # HELLO
        say(link, 0x20, {**WELCOME, "simulated": True, "notes": ["reader.unproven"], "held": None})
    elif kind == 0x03:  # IDENTIFY
        say(link, 0x22, {"plate_id": "P1"})
    elif kind == 0x04:  # BEGIN
        say(link, 0x23, {**HEADER, **SIGNAL, **content})
    elif kind == 0x05:  # SEND
        for line in range(content["from"], ROWS, 50):
            send(link, 0x24, struct.pack(">I", line) + PLATE[line * COLUMNS * 2 : (line + 50) * COLUMNS * 2])
        say(link, 0x25, {})
    elif kind in (0x06, 0x07, 0x09):  # FINISH, EJECT, ERASE
        say(link, 0x26, {})


def serve(link: socket.socket) -> None:
    came, alive = b"", True
    while alive:
        try:
            more = link.recv(65536)
            came, alive = came + more, bool(more)
        except TimeoutError:
            say(link, 0x21, {"state": "cassette-in", "plate_id": "P1", "fault": None})
        while len(came) >= 9 and len(came) >= (size := 9 + int.from_bytes(came[:4])):
            frame, came = came[:size], came[size:]
            if zlib.crc32(frame[:-4]) != int.from_bytes(frame[-4:]):
                return
            answer(link, frame[4], json.loads(frame[5:-4]))


with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    while True:
        with suppress(OSError), server.accept()[0] as connection:
            connection.settimeout(1)
            serve(connection)
