"""Readers that push: a vendor's console has read and erased the plate already, and what arrives is a file.

`formats` turns a foreign file into a plate, `worker` does so in a process of its own with limits, `foreign` runs that
process, `watch` sees which files are complete, `inbox` is a folder of
them, `reader` the `Reader` over it, `settings` what can be set. The drivers ``folder`` and ``dicom``
are built on it. A file is moved when its plate has been stored, and never changed or deleted.
"""
