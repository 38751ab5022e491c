"""A guardian that an agent brought along does not outlive it, even if that agent died before it could connect."""

from pathlib import Path

import pytest

from bollard.demo.processes import Program
from tests.processes.actors import Actor
from tests.processes.bench import bench


@pytest.mark.timeout(60)
async def test_it_does_not_wait_for_ever_for_its_agent(tmp_path: Path) -> None:
    async with bench(tmp_path, 1) as on_stage:
        (agent,) = on_stage.agents
        await agent.leave()
        settings = str(tmp_path / "lab-1" / "edge.toml")
        guardian = Actor(Program("guardian", ("edge", "guardian", "--once", "--config", settings)))
        await guardian.enter()
        assert await guardian.ends() == 0
