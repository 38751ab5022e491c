"""Why there is no connection to the central system, in words for people."""


class LinkError(Exception):
    """Something about the link to the central system."""


class Unreachable(LinkError):
    """No usable connection came about; the text is one plain sentence. It will be tried again, but not before
    `retry_after_s`, which is what the central system asked for."""

    def __init__(self, sentence: str, retry_after_s: float = 0.0) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


class BadAddress(LinkError):
    """The settings of the central system cannot work; the text says which and what was expected."""
