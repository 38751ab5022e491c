"""The Jinja environments of the pages: everything escaped, nothing undefined, our words and formats at hand."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from jinja2.runtime import Context

from cloud.domain.ledger import reference
from cloud.domain.messages import with_masked_tags
from cloud.domain.people import Permission, SignedIn
from cloud.domain.tags import masked
from cloud.languages.formats import duration
from cloud.languages.words import LANGUAGES, Words
from cloud.web import command_words, formats, words
from cloud.web.navigation import NAVIGATION, TABS

STATIC = Path(__file__).parent / "static"


def environments(time_zone: str) -> dict[str, jinja2.Environment]:
    """Templates in each of our languages, with times in `time_zone` for who has not signed in."""
    return {language: _environment(language, time_zone) for language in LANGUAGES}


def _environment(language: str, time_zone: str) -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    words_here = Words(language)
    here = formats.PageFormats(words_here, ZoneInfo(time_zone))
    # The extension adds this method, which the environment's type does not know.
    env.install_gettext_callables(words_here.one, words_here.many, newstyle=True)  # type: ignore[attr-defined]
    env.filters |= {name: getattr(here, name) for name in ("kwh", "kw", "number", "exact", "percent", "typed")}
    env.filters |= {name: _local(here, name) for name in ("full", "day", "clock", "near", "mark", "audited")}
    env.filters |= {
        "duration": duration,
        "verbatim": formats.verbatim,
        "at_field": formats.at_field,
        "field_words": formats.field_words,
        "masked": masked,
        "with_masked_tags": with_masked_tags,
    }
    env.globals |= {
        "NAVIGATION": NAVIGATION,
        "TABS": TABS,
        "Permission": Permission,
        "said": words_here.said,
        "in_language": Words,
        "language": language,
        "words": words,
        "asking": command_words,
        "money": here.money,
        "known_by": reference,
        "static": static_url,
    }
    return env


def _local(here: formats.PageFormats, name: str) -> Callable[..., Any]:
    """A format of times that follows the page's `zone`, where one site is shown, or the organisation's."""

    @jinja2.pass_context
    def filter(context: Context, *arguments: Any) -> Any:
        zone, me = context.get("zone"), context.get("me")
        if not isinstance(zone, ZoneInfo):
            zone = ZoneInfo(me.time_zone) if isinstance(me, SignedIn) and me.time_zone else None
        return getattr(here.at_home_in(zone) if zone else here, name)(*arguments)

    return filter


@cache
def static_url(name: str) -> str:
    """The address of a static file, which changes with its content so that browsers may keep it for good."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"
