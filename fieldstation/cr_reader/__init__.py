"""The hardware abstraction layer: drivers for CR readers behind the port of ``fieldstation.domain.reader``.

`drivers` finds a driver by its name and makes it from plain values; `lifecycle` holds the states every driver moves
through. Each driver is a file or a folder of its own; ``simulated`` is the one that needs no device. Nothing here knows
the store, patients or screens, and no error of another library leaves this package.
"""
