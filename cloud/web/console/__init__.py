"""The operator's console: each module is one subject, with tables of its pages and actions."""

from cloud.web.console import (
    audit,
    bills,
    commanding,
    drivers,
    equipping,
    me,
    messages,
    one_session,
    overview,
    programs,
    sessions,
    settings,
    sites,
    stations,
    tags,
    tariffs,
    users,
)

_SUBJECTS = (
    overview,
    equipping,
    stations,
    commanding,
    sessions,
    one_session,
    tags,
    drivers,
    tariffs,
    bills,
    users,
    sites,
    settings,
    me,
    audit,
    messages,
    programs,
)
PAGES = tuple(page for subject in _SUBJECTS for page in subject.PAGES)
ACTIONS = tuple(action for subject in _SUBJECTS for action in subject.ACTIONS)
