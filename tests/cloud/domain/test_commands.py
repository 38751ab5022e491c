"""The timeline of a command."""

import pytest

from cloud.domain.commands import FOLLOWS, Step, advance

STORIES = {
    "asked sent accepted session_started": "session_started",
    "asked sent session_started accepted": "session_started",
    "asked sent rejected": "rejected",
    "asked sent silent": "silent",
    "asked sent silent session_started": "session_started",
    "asked expired": "expired",
    "asked expired sent": "expired",
    "asked sent accepted expired": "expired",
    "asked offline": "offline",
    "asked sent accepted session_stopped": "session_stopped",
    "asked accepted": "asked",
}


@pytest.mark.parametrize("story", STORIES)
def test_where_a_story_ends(story: str) -> None:
    state, *steps = map(Step, story.split())
    for step in steps:
        state = advance(state, step)
    assert state == STORIES[story]


def test_every_step_says_what_may_follow() -> None:
    assert set(FOLLOWS) == set(Step)
