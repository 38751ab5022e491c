"""Rules about meter readings and faults."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from cloud.domain.diagnosis.conversation import Conversation, Exchange, Facts, Finding
from cloud.domain.words import N_

REGISTER = "Energy.Active.Import.Register"
_FACTORS = {"Wh": 1.0, "kWh": 1000.0}


def no_energy(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    """Only what was said during a session counts, and only if no energy was ever told."""
    during = [each for each in talk.of("MeterValues") if each.request and each.asked("transactionId") is not None]
    if during and not any(_registers(each) for each in during):
        what = f"{len(during)} MeterValues of the charger say nothing of the energy register."
        do = f"`configure STATION MeterValuesSampledData {REGISTER}` makes it tell its register."
        yield Finding(during[0].at, what, do)


def went_back(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    """From one report to the next, in the order in which they were made."""
    readings: dict[int, list[tuple[str, float, Exchange]]] = defaultdict(list)
    connectors = {each.answered("transactionId"): each.asked("connectorId") for each in talk.of("StartTransaction")}
    for each in talk.of("StartTransaction", "MeterValues", "StopTransaction"):
        connector = each.asked("connectorId") or connectors.get(each.asked("transactionId"))
        if isinstance(connector, int):
            readings[connector] += [(at, wh, each) for at, wh in _told(each)]
    for connector, told in readings.items():
        told.sort(key=lambda reading: reading[0])
        for (_, before, _), (_, wh, each) in pairwise(told):
            if wh < before:
                what = f"The meter of connector {connector} went back from {before:.0f} Wh to {wh:.0f} Wh."
                do = "Was the meter changed or reset? Sessions across it are suspect: `sessions --suspect`."
                yield Finding(each.at, what, do)


def faulted(talk: Conversation, facts: Facts) -> Iterator[Finding]:
    faults: dict[tuple[Any, ...], list[Exchange]] = defaultdict(list)
    for each in talk.of("StatusNotification"):
        if each.asked("status") == "Faulted" or each.asked("errorCode") not in (None, "NoError"):
            names = ("connectorId", "errorCode", "vendorErrorCode", "info")
            faults[tuple(each.asked(name) for name in names)].append(each)
    for (connector, *said), those in faults.items():
        place = N_(f"Connector {connector}") if connector else "The charger"
        code = ", ".join(str(word) for word in said if word)
        what = f"{place} reported a fault: {code}."
        yield Finding(those[0].at, what, "The charger's manual explains the code; `reset STATION` may clear it.")


def _told(each: Exchange) -> list[tuple[str, float]]:
    """The time as the station spelt it, and the register in Wh; the first reading of a start, the last of a stop."""
    at = str(each.asked("timestamp"))
    whole = [(at, float(wh)) for name in ("meterStart", "meterStop") if isinstance(wh := each.asked(name), int)]
    return whole or _registers(each)


def _registers(each: Exchange) -> list[tuple[str, float]]:
    values = each.asked("meterValue")
    return [
        (str(value.get("timestamp")), wh)
        for value in (values if isinstance(values, list) else [])
        if isinstance(value, dict) and isinstance(value.get("sampledValue"), list)
        for sampled in value["sampledValue"]
        if (wh := _register(sampled)) is not None
    ]


def _register(sampled: Any) -> float | None:
    if not isinstance(sampled, dict) or sampled.get("measurand", REGISTER) != REGISTER or sampled.get("phase"):
        return None
    try:
        return float(sampled["value"]) * _FACTORS[sampled.get("unit", "Wh")]
    except (KeyError, TypeError, ValueError):
        return None
