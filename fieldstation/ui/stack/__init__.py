"""Stack: every plate that waits, the tray of cassettes, and scans that belong to no view."""
