"""The data folder of one laptop: its encrypted database, its encrypted files, their keys and its locks.

Implements the ports of ``domain/store.py``. SQLAlchemy, Alembic and SQLCipher are known here and nowhere else; what
goes out are the values of ``domain`` and the errors of ``domain/errors.py``. Rules about what a technologist may do
live in ``services``; what lives here keeps the data whole. Entry point: ``sql_store.open_store``.
"""
