"""Use cases: one function or small class for a thing a person does, used by ``ui`` and ``cli`` alike.

Services speak to the adapters through the ports in ``domain`` and know neither Qt nor SQL nor the network.
"""
