"""Support and headless commands. No Qt; what they say is a contract that scripts rely on.

A command parses its words, calls a service and prints the answer: a table for people, one JSON value with ``--json``.
"""
