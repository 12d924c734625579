"""The small parts that every screen is made of: text, buttons, chips, fields, cards, toasts.

They know the theme and nothing of boards or of the desk.
"""
