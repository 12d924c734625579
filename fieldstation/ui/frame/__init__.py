"""The window around the pages: rail, top bar, toasts, and what keeps the visible page fresh."""
