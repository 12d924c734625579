"""Datasets: building CR images, transfer syntaxes and UIDs. Values in, bytes out.

Nothing here touches a file, a network or the store. ``facts`` and ``uids`` import no DICOM library, so that the app's
own process can make them cheaply; everything else runs in the worker.
"""
