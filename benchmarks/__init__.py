"""What Fieldstation claims about speed and memory, measured: one file with a ``main()`` for each claim."""
