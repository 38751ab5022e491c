"""Why there is no connection to the central system, in words for people."""


class LinkError(Exception):
    """Something about the link to the central system."""


class Unreachable(LinkError):
    """No usable connection came about; the text is one plain sentence. It will be tried again."""


class BadAddress(LinkError):
    """The settings of the central system cannot work; the text says which and what was expected."""
