"""The `Reader` over an inbox: each complete file is a plate that waits, chosen by its plate ID and nothing else."""

from collections.abc import Iterator
from dataclasses import replace

from fieldstation.cr_reader.inbox.foreign import ForeignFile, WorkerEndedError
from fieldstation.cr_reader.inbox.inbox import TAKEN, Inbox
from fieldstation.cr_reader.inbox.watch import Arrival
from fieldstation.cr_reader.lifecycle import Lifecycle, Read, WrongOrder, require_complete, start_lines
from fieldstation.domain.errors import Failed, Refused
from fieldstation.domain.exams import ReaderIdentity
from fieldstation.domain.reader import LineBlock, PlateArrival, PlateHeader, ReaderState, ReaderStatus
from fieldstation.domain.words import Message

NOTES = (Message("reader.erases_itself"), Message("reader.unproven"))


class _Read(Read):
    def __init__(self, arrival: Arrival, header: PlateHeader, file: ForeignFile) -> None:
        super().__init__(header)
        self.arrival = arrival
        self.file = file


class InboxReader:
    """A `Reader` of files. Nothing of a plate can be lost here: the file stays until its plate has been stored."""

    def __init__(self, inbox: Inbox, identity: ReaderIdentity) -> None:
        self._inbox = inbox
        self._identity = identity
        self._lifecycle = Lifecycle()
        self._read: _Read | None = None

    @property
    def inbox(self) -> Inbox:
        """Where the plates wait."""
        return self._inbox

    @property
    def identity(self) -> ReaderIdentity:
        """What the settings call the reader whose files these are."""
        return self._identity

    @property
    def notes(self) -> tuple[Message, ...]:
        """It erases by itself, this driver has met no real console, and what lies there that is no plate."""
        not_square = self._inbox.not_square()
        counts = {"reader.files_not_square": not_square, "reader.files_unusable": self._inbox.unusable() - not_square}
        folder = self._inbox.name
        lying = (Message(code, {"count": count, "folder": folder}) for code, count in counts.items() if count)
        return (*NOTES, *lying)

    def connect(self) -> None:
        """Begin to watch.

        Raises:
            Failed: ``reader.folder_missing``, ``reader.cannot_listen``.
        """
        if self._lifecycle.state not in (ReaderState.OFF, ReaderState.FAULT):
            return
        self._let_go()
        self._lifecycle.move(ReaderState.CONNECTING)
        try:
            self._inbox.open()
        except Failed as error:
            self._lifecycle.move(ReaderState.FAULT, fault=Message(error.code, error.params))
            raise
        self._lifecycle.move(ReaderState.READY)

    def disconnect(self) -> None:
        """Stop watching; what waits goes on waiting."""
        self._let_go()
        self._inbox.close()
        if self._lifecycle.state is not ReaderState.OFF:
            self._lifecycle.move(ReaderState.OFF)

    def status(self) -> ReaderStatus:
        """The state; plates that wait show as a cassette in, with its plate ID where there is just one."""
        status = self._lifecycle.status
        if status.state is ReaderState.READY and self._inbox.waiting():
            return ReaderStatus(state=ReaderState.CASSETTE_IN, plate_id=self._only())
        return status

    def identify(self) -> str | None:
        """The plate ID of the plate being read, else of the only one that waits; None where several do, or none."""
        self._lifecycle.require_connection()
        if self._read:
            return self._read.header.plate_id
        self._inbox.catch_up()
        return self._only()

    def begin_read(self, plate_id: str) -> PlateHeader:
        """Take the one file with that plate ID.

        Raises:
            Failed: ``reader.no_cassette``, ``reader.wrong_cassette``, ``reader.several`` files have this plate ID.
        """
        self._lifecycle.require_connection()
        if self._read and not self._read.started and self._read.header.plate_id == plate_id:
            return self._read.header
        self._require_ready("begin_read")
        self._inbox.catch_up()
        return self._begin(self._choose(plate_id), plate_id)

    def arrivals(self) -> tuple[PlateArrival, ...]:
        """The files that wait, each by its name."""
        return tuple(
            PlateArrival(key=arrival.path.name, labels=arrival.contents.labels) for arrival in self._inbox.waiting()
        )

    def begin_arrival(self, key: str) -> PlateHeader:
        """Take the file of that name.

        Raises:
            Failed: ``reader.no_cassette``, ``reader.file_changed``.
        """
        self._lifecycle.require_connection()
        self._require_ready("begin_arrival")
        for arrival in self._inbox.waiting():
            if arrival.path.name == key:
                return self._begin(arrival, arrival.contents.labels.plate_id)
        raise Failed("reader.no_cassette", plate=key)

    def lines(self) -> Iterator[LineBlock]:
        """The lines of the file."""
        return self._deliver(start_lines(self._read))

    def finish_read(self) -> None:
        """Put the file, unchanged, where the taken ones are.

        Raises:
            Failed: ``reader.cannot_put_away``: the plate is stored, but its file will be offered again.
        """
        if not self._read and self._lifecycle.state is ReaderState.READY:
            return
        read = require_complete(self._read)
        self._lifecycle.move(ReaderState.ERASING, read.header.plate_id)
        try:
            self._inbox.put_away(read.arrival)
        except OSError as error:
            fault = Message("reader.cannot_put_away", {"folder": TAKEN, "problem": error.strerror or ""})
            self._lifecycle.move(ReaderState.FAULT, read.header.plate_id, fault)
            raise Failed(fault.code, **fault.params) from None
        self._eject(read)

    def erase(self, plate_id: str) -> None:  # noqa: ARG002 - whatever plate it is
        """There is no plate here, only its image.

        Raises:
            Refused: ``reader.cannot_erase``.
        """
        self._lifecycle.require_connection()
        raise Refused("reader.cannot_erase")

    def eject(self) -> None:
        """Leave the file where it is, to be read again; clears a fault."""
        self._lifecycle.require_connection()
        if self._read:
            self._eject(self._read)

    def cancel(self) -> None:
        """Stop the read that runs at its next lines."""
        read = self._read
        if read:
            read.cancelled.set()

    def _deliver(self, read: _Read) -> Iterator[LineBlock]:
        geometry = read.header.geometry
        try:
            for block in read.file.lines(geometry):
                if read.cancelled.is_set():
                    raise Refused("reader.cancelled")
                read.lines = block.first_line + len(block.data) // geometry.line_bytes
                yield block
        except WorkerEndedError:
            if read.cancelled.is_set():
                raise Refused("reader.cancelled") from None
            fault = Message("reader.file_broke_off", {"line": read.lines, "lines": geometry.rows})
            self._lifecycle.move(ReaderState.FAULT, read.header.plate_id, fault)
            raise Failed(fault.code, **fault.params) from None

    def _require_ready(self, hook: str) -> None:
        if self._lifecycle.state is not ReaderState.READY:
            raise WrongOrder(f"{hook} while {self._lifecycle.state}")

    def _begin(self, arrival: Arrival, plate_id: str) -> PlateHeader:
        file = self._inbox.read(arrival)
        contents = file.contents()
        if not contents.header or contents.labels != arrival.contents.labels:
            file.close()
            raise Failed("reader.file_changed", plate=plate_id)
        self._read = _Read(arrival, replace(contents.header, plate_id=plate_id), file)
        self._lifecycle.move(ReaderState.CASSETTE_IN, plate_id or None)
        self._lifecycle.move(ReaderState.READING, plate_id or None)
        return self._read.header

    def _choose(self, plate_id: str) -> Arrival:
        waiting = self._inbox.waiting()
        matching = [arrival for arrival in waiting if arrival.contents.labels.plate_id == plate_id]
        if len(matching) == 1:
            return matching[0]
        if matching:
            raise Failed("reader.several", plate=plate_id, count=len(matching))
        others = [arrival.contents.labels.plate_id for arrival in waiting if arrival.contents.labels.plate_id]
        if others:
            raise Failed("reader.wrong_cassette", expected=plate_id, inserted=others[0])
        raise Failed("reader.no_cassette", plate=plate_id)

    def _only(self) -> str | None:
        waiting = self._inbox.waiting()
        return waiting[0].contents.labels.plate_id or None if len(waiting) == 1 else None

    def _eject(self, read: _Read) -> None:
        self._lifecycle.move(ReaderState.EJECTING, read.header.plate_id)
        self._let_go()
        self._lifecycle.move(ReaderState.READY)

    def _let_go(self) -> None:
        if self._read:
            self._read.cancelled.set()
            self._read.file.close()
        self._read = None
