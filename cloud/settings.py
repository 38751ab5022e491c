"""What the central system is told from outside: one frozen value, read from BOLLARD_* in the environment."""

import difflib
import os
import zoneinfo
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import msgspec
from msgspec import Meta

PREFIX = "BOLLARD_"
ONLINE_HONEST_WITHIN_S = 30

Text = Annotated[str, Meta(min_length=1)]
Seconds = Annotated[int, Meta(ge=1, le=86_400)]


class SettingsError(Exception):
    """A setting is unknown or wrong; the message names it and says what was expected."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting with its default; the description says what is expected."""

    database_url: Annotated[
        str,
        Meta(
            pattern=r"^(sqlite:///.|postgresql://.)",
            description="a database: sqlite:///path/to/file or postgresql://user:password@host/name",
        ),
    ] = "sqlite:///bollard.db"
    host: Annotated[Text, Meta(description="an address to listen on, such as 127.0.0.1 or 0.0.0.0")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535, description="a port from 0 to 65535; 0 takes a free one")] = 8080
    tls_cert: Annotated[Text | None, Meta(description="a PEM file with the certificate chain")] = None
    tls_key: Annotated[Text | None, Meta(description="a PEM file with the certificate's private key")] = None
    behind_https: Annotated[bool, Meta(description="true when a proxy in front of this server ends TLS")] = False
    trusted_proxies: Annotated[
        Text, Meta(description="addresses or networks of proxies that are believed who called, such as 10.0.0.5")
    ] = "127.0.0.1,::1"
    heartbeat_interval_s: Annotated[Seconds, Meta(description="seconds between heartbeats, 1 to 86400")] = 300
    boot_retry_s: Annotated[
        Seconds, Meta(description="seconds after which a station that is not accepted asks again, 1 to 86400")
    ] = 60
    ping_interval_s: Annotated[float, Meta(gt=0, description="seconds between pings to a station")] = 10.0
    ping_timeout_s: Annotated[float, Meta(gt=0, description="seconds until a missing pong means offline")] = 10.0
    call_timeout_s: Annotated[float, Meta(gt=0, description="seconds a station has to answer a command")] = 30.0
    command_poll_s: Annotated[float, Meta(gt=0, description="seconds between looks for commands")] = 2.0
    upkeep_interval_s: Annotated[float, Meta(gt=0, description="seconds between looks for what is overdue")] = 5.0
    probe_interval_s: Annotated[float, Meta(gt=0, description="seconds between probes of a dead database")] = 1.0
    time_zone: Annotated[Text, Meta(description="a time zone for screens and bills, such as Europe/Berlin")] = "UTC"
    message_days: Annotated[int, Meta(ge=0, le=3650, description="days that messages are kept; 0 keeps none")] = 14
    message_rows: Annotated[int, Meta(ge=1, description="how many messages are kept at most")] = 1_000_000
    command_days: Annotated[
        int, Meta(ge=1, le=3650, description="days that commands are kept once nothing more can come of them")
    ] = 90
    metrics_token: Annotated[Text | None, Meta(description="the bearer token with which /metrics may be read")] = None
    unplug_limit_s: Annotated[Seconds, Meta(description="seconds that parking is waited for, 1 to 86400")] = 86_400
    webhook_hosts: Annotated[
        str,
        Meta(
            description="hosts, separated by commas, that webhooks may call though they are in your own network or "
            "have no TLS, such as erp.internal,10.0.0.7; empty for none",
        ),
    ] = ""
    api_requests_per_minute: Annotated[
        int, Meta(ge=1, le=1_000_000, description="how many requests a minute each API key may make")
    ] = 600
    smtp_url: Annotated[
        Annotated[str, Meta(pattern="^smtps?://.")] | None,
        Meta(description="a mail server: smtp://user:password@host:587 or smtps://host"),
    ] = None
    mail_sender: Annotated[
        Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$")] | None,
        Meta(description="whom mail comes from, such as bollard@example.org"),
    ] = None
    public_url: Annotated[
        Annotated[str, Meta(pattern=r"^https?://[^/?#\s]+$")] | None,
        Meta(description="where browsers find this server, such as https://charging.example.org"),
    ] = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", description="a currency code such as EUR")] = "EUR"

    @property
    def https(self) -> bool:
        """Whether browsers and stations reach this server through TLS."""
        return self.behind_https or self.tls_cert is not None

    @property
    def trusted_hosts(self) -> frozenset[str]:
        """The `webhook_hosts`."""
        return frozenset(host.strip().lower() for host in self.webhook_hosts.split(",") if host.strip())


def expectations() -> dict[str, str]:
    """Setting name -> what is expected of it, for messages and help."""
    hints = get_type_hints(Settings, include_extras=True)
    return {name: _description(hints[name]) for name in Settings.__struct_fields__}


def from_environment(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read BOLLARD_* from `environment` (the process' own by default); overrides that are not None win.

    Raises SettingsError for an unknown key, a wrong value, or values that do not fit together.
    """
    source = os.environ if environment is None else environment
    given: dict[str, Any] = {_known(key): value for key, value in source.items() if key.startswith(PREFIX)} | {
        _known(PREFIX + name.upper()): value for name, value in overrides.items() if value is not None
    }
    return _checked(Settings(**{name: _converted(name, value) for name, value in given.items()}))


def _known(key: str) -> str:
    name = key.removeprefix(PREFIX).lower()
    if name in Settings.__struct_fields__ and key == PREFIX + name.upper():
        return name
    near = difflib.get_close_matches(name, Settings.__struct_fields__, n=1)
    hint = f"did you mean {PREFIX}{near[0].upper()}?" if near else "known are " + ", ".join(sorted(_keys()))
    raise SettingsError(f"{key} is not a setting; {hint}")


def _keys() -> list[str]:
    return [PREFIX + name.upper() for name in Settings.__struct_fields__]


def _converted(name: str, value: Any) -> Any:
    wanted = get_type_hints(Settings, include_extras=True)[name]
    try:
        return msgspec.convert(value, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise _wrong(name, expectations()[name]) from error


def _checked(settings: Settings) -> Settings:
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise _wrong("tls_cert", "to be given together with BOLLARD_TLS_KEY")
    if settings.smtp_url is not None and (settings.mail_sender is None or settings.public_url is None):
        raise _wrong("smtp_url", "to be given together with BOLLARD_MAIL_SENDER and BOLLARD_PUBLIC_URL")
    for name in ("tls_cert", "tls_key"):
        path = getattr(settings, name)
        if path is not None and not Path(path).is_file():
            raise _wrong(name, f"{expectations()[name]}, but there is no file {path}")
    for proxy in settings.trusted_proxies.split(","):
        try:
            ip_network(proxy.strip())
        except ValueError as error:
            raise _wrong("trusted_proxies", expectations()["trusted_proxies"]) from error
    if settings.ping_interval_s + settings.ping_timeout_s > ONLINE_HONEST_WITHIN_S:
        raise _wrong("ping_interval_s", f"at most {ONLINE_HONEST_WITHIN_S} s together with BOLLARD_PING_TIMEOUT_S")
    try:
        zoneinfo.ZoneInfo(settings.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise _wrong("time_zone", expectations()["time_zone"]) from error
    return settings


def _wrong(name: str, expected: str) -> SettingsError:
    return SettingsError(f"{PREFIX}{name.upper()} is wrong: expected {expected}")


def _description(hint: Any) -> str:
    described = [meta.description for meta in get_args(hint)[1:] if isinstance(meta, Meta) and meta.description]
    return described[-1]
