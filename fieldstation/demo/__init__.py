"""The embedded day: a built-in PACS, a link that fails, and the script.

Nothing of the product imports it; what renders pictures is handed in.
"""
