"""The driver ``dicom``: a vendor's console pushes DICOM objects to it.

`scp` is the Storage SCP and runs in a process of its own with limited memory, told `scp_settings`; `guard` stands
before it and lets only what can be DICOM, from whom it may come, through; `process` starts that process and sees that
it lives; `driver` puts it before an inbox. An object is in the inbox, durable, before it is acknowledged.
"""
