"""The driver ``bridge``: a reader that runs as a process of its own, reached over TCP.

`frames` and `messages` are the protocol of ``docs/bridge-protocol.md``, `link` the client's end of it, `reader` the
driver on top, `room` the x-ray room of a simulated device, `device` what a device keeps of a read so that it can be
taken up again, `server` and `wire` the device's end, for the simulator and for adapters written in Python. Nothing here
knows a vendor.
"""
