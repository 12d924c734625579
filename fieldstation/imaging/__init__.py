"""Arrays in, arrays out: exposure index, collimation, presentation, preview and quality findings.

Nothing here reads a file, talks to anyone or knows DICOM. OpenCV is imported only by the modules that process whole
plates (``develop`` and what it calls), never by ``developed`` and ``preview``, which the app's own process uses.
"""
