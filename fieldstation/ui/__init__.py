"""The screens, in Qt Widgets; nothing else in the program knows Qt.

Screens show the boards of ``services`` and call the desk, always through ``background``, the only module that starts
threads. Colours come from ``theme``, sizes of type from ``fonts``, icons from ``icons``, words from the catalogue.
No rule of the field is decided here, and no widget talks to the store, the reader or the network.
"""
