"""Why the demo cannot start or go on; every message says what to do."""


class DemoError(Exception):
    """Base of everything the demo ends with."""
