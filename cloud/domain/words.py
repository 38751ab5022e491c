"""The mark of texts that are translated where they are shown."""


def N_(message: str) -> str:
    """Marks a text for the message catalogues; the text itself stays as it is."""
    return message
