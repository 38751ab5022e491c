"""A meter that only estimates is called so to the technician."""

from dataclasses import replace

import pytest

from edge.cli.main import _details
from edge.status import shown
from tests.edge.scene import Scene


@pytest.mark.parametrize("estimated", [False, True])
def test_what_is_estimated_is_called_so(estimated: bool) -> None:
    scene = Scene()
    connector = scene.connector()
    assert connector.reading is not None
    connector = replace(connector, reading=replace(connector.reading, estimated=estimated))
    lines = _details(shown(scene.loop.station, connector, scene.now()))
    assert [line.endswith(" (estimated)") for line in lines if line.startswith("meter ")] == [estimated]
