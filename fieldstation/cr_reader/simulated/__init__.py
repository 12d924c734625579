"""The simulated reader: a CR reader and the x-ray room before it, made of real radiographs and plain physics.

One concern a file, in the order of the x-rays: `radiographs` and `pictures` are what stands in the beam, `cassettes`
and `layout` the plate behind it, `latent` what the beam leaves there, `digitise` what the laser makes of it, `world`
where cassettes lie, `reader` the device, and `driver` puts them together. `settings` and `faults` are what can be set.
Nothing here reads a header of the radiographs or knows a patient.
"""
