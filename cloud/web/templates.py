"""The Jinja environment of the pages: everything escaped, nothing undefined, our words and formats at hand."""

import hashlib
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2

from cloud.domain.people import Permission
from cloud.domain.tags import masked
from cloud.web import formats, words

STATIC = Path(__file__).parent / "static"


def environment(time_zone: str) -> jinja2.Environment:
    """Templates that show times in `time_zone`."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    times = formats.LocalTime(ZoneInfo(time_zone))
    env.filters |= {
        "kwh": formats.kwh,
        "kw": formats.kw,
        "percent": formats.percent,
        "duration": formats.duration,
        "masked": masked,
        "full": times.full,
        "day": times.day,
        "clock": times.clock,
        "near": times.near,
    }
    env.globals |= {
        "Permission": Permission,
        "words": words,
        "money": formats.money,
        "static": static_url,
        "time_zone": time_zone,
    }
    return env


@cache
def static_url(name: str) -> str:
    """The address of a static file, which changes with its content so that browsers may keep it for good."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"
