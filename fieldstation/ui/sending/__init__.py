"""Sending: what is owed to the office, study by study and image by image."""
