"""Values, rules, state tables and ports.

What lives here knows nothing of files, networks, SQL, Qt or large arrays. Everything else may import it.
"""
