"""What must not be shown or kept: credentials in addresses, keys of stations."""

import re

HIDDEN = "****"
# Bounded, so that no text can make the search slow.
_USER = re.compile(r'(?<=:)((?:\\?/){2})[^\s"]{0,300}@')
_QUERY = re.compile(r'(?<=:)((?:\\?/){2}[^\s"?#]{1,300})[?#](?:[^\s"\\]|\\[^"])*')
_KEY = re.compile(r"(?<![0-9a-zA-Z])[0-9a-fA-F]{32,40}(?![0-9a-zA-Z])")


def without_credentials(text: str) -> str:
    """Addresses without who may use them: no user and password, no query, which signs an address of a cloud store."""
    if "//" not in text and r"\/" not in text:
        return text
    return _QUERY.sub(rf"\1?{HIDDEN}", _USER.sub(rf"\1{HIDDEN}@", text))


def without_keys(text: str) -> str:
    """Text without anything that looks like a station's key: 16 to 20 bytes in hexadecimal digits."""
    return _KEY.sub(HIDDEN, text)
