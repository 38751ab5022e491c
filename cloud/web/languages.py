"""The language in which to answer: the one that the browser wishes."""

from starlette.requests import Request

from cloud.languages.words import spoken

MOST_WISHES = 20


def wanted(request: Request) -> str:
    """The language in which to answer: the first of ours in Accept-Language, else English (RFC 9110, 12.5.4)."""
    wishes = [_wish(part) for part in request.headers.get("accept-language", "").split(",")[:MOST_WISHES]]
    ranked = [language for weight, language in sorted(wishes, key=lambda wish: -wish[0]) if language and weight > 0]
    return spoken(ranked)


def _wish(part: str) -> tuple[float, str]:
    language, _, quality = part.partition(";")
    try:
        weight = float(quality.strip().removeprefix("q=") or 1)
    except ValueError:
        weight = 0.0
    return weight, language.strip()
