"""The operator's console: each module is one subject, with tables of its pages and actions."""

from cloud.web.console import bills, overview, programs, sessions, sites, stations, users

PAGES = (*overview.PAGES, *stations.PAGES, *sessions.PAGES, *bills.PAGES, *users.PAGES, *sites.PAGES, *programs.PAGES)
ACTIONS = (*stations.ACTIONS, *sessions.ACTIONS, *users.ACTIONS, *sites.ACTIONS, *programs.ACTIONS)
