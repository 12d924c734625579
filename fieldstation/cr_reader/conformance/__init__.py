"""The conformance kit: what every reader driver does, as checks that need no test framework.

``python -m fieldstation.cr_reader.conformance DRIVER`` runs them. `checks` are the checks, `rig` what a check needs of
the world around a driver, `rigs` those of the drivers that come with Fieldstation, `by_hand` the one for a real device,
worked by a person. Nothing in the program imports this.
"""
