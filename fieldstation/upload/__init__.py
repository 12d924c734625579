"""The sender: one worker a destination, what the peers' answers mean, and how proof is asked for.

The only place, beside ``dispatch``, ``cr_reader`` and ``demo``, that knows pynetdicom. It reaches the queue through the
port in ``domain`` and knows neither SQL nor files nor how an image is made.
"""
