"""The mark of texts that are translated where they are shown."""


class Name(str):
    """What somebody called a thing, or a code: the same in every language, even where it spells one of our words."""

    __slots__ = ()


def N_(message: str) -> str:
    """Marks a text for the message catalogues; the text itself stays as it is."""
    return message
