"""What can be said of a picture in plain words. A finding is advice, never a verdict.

`judge` is the way in. Each other module measures a few things on the same evidence and knows no limits; what is shown
and from where on comes from the rules that are handed in.
"""
