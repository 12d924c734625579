"""Fieldstation: from the CR cassette to the PACS in the main office, with or without a network.

The folders are layers, listed in ``docs/architecture.md``; import-linter holds their order.
"""

__version__ = "0.1.0"
