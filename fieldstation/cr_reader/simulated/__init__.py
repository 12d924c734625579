"""The simulated reader: a CR reader and the x-ray room before it, made of real radiographs and plain physics.

One concern a file, in the order of the x-rays. `radiographs`, `phantom`, `letters` and `pictures` are what stands in
the beam, `scene` what patient and marker do to it. `cassettes`, `layout` and `field` are the plate and the collimator,
`latent` what one shot brings, `plate` what adds up on the plate, `fading` and `blemishes` what takes from it,
`digitise` what the laser makes of it. `world` is where cassettes lie, `reader` the device, and `driver` puts them
together. `mishaps` (of a shot) and `faults` (of the device) are what can go wrong, `script` when, `settings` what can
be set. `raw_plate` makes plates without a reader.

Nothing here reads a header of the radiographs or knows a patient.
"""
