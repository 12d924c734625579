"""The rigs of the reader contract. A new driver is a new line in RIGS."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext

import pytest

from tests.support.readers import Rig, RigFactory, bridge_rig, simulated_rig

RIGS: dict[str, Callable[..., AbstractContextManager[Rig]]] = {
    "simulated": lambda **settings: nullcontext(simulated_rig(**settings)),
    "bridge": bridge_rig,
}


@pytest.fixture(params=sorted(RIGS))
def make_rig(request: pytest.FixtureRequest) -> Iterator[RigFactory]:
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(RIGS[request.param](**settings))


@pytest.fixture
def rig(make_rig: RigFactory) -> Rig:
    """Connected."""
    rig = make_rig()
    rig.reader.connect()
    return rig
