"""Why a session is suspect, in the operator's words: what was seen, and what to look at."""

from datetime import datetime

NO_START_READING = "the meter reading at the start is missing; compare the energy with the meter's log"
NO_STOP_READING = "the meter reading at the stop is missing, so the energy ends at the last meter value"
NO_READING = "no stop and no meter value arrived, so nobody knows what was delivered; ask the driver or write it off"
ENDED_BEFORE = "it ended before it began, so the station's clock was changed; the energy does not depend on it"
NO_TARIFF = "no tariff applied when it began, so it has no price; give the site a tariff for the next ones"
IMPOSSIBLE_READING = "the meter reading is impossible"
LONG_ID_TAG = "the idTag is too long"

NOT_ACCEPTED = "the station was not accepted yet when it reported the start; see whether it may charge for you"

DATED_BY_RECEIPT = "dated by its receipt"


def went_back(before_wh: int | None, after_wh: int | None) -> str:
    return f"the meter went back from {before_wh} to {after_wh} Wh; it was reset, changed or misread"


def jumped(step_wh: int, duration_s: float, rating_w: int) -> str:
    return (
        f"the meter rose by {step_wh} Wh within {duration_s:.0f} s, "
        f"more than the connector's {rating_w / 1000:g} kW can deliver; it is not counted"
    )


def more(count: int) -> str:
    return f"and {count} more oddities of the meter"


def outdone(energy_wh: int, vouched_wh: int) -> str:
    return (
        f"the meter counted {energy_wh} Wh, but the readings of power amount to at least {vouched_wh} Wh; "
        "the station may call kWh Wh, or its meter stands still"
    )


def refused(why: str, energy_wh: int) -> str:
    return f"{energy_wh} Wh were delivered although {why}; find out who charged before billing that tag"


def before_start(at_wh: int, start_wh: int) -> str:
    return f"a meter value from before the start reads {at_wh} Wh, the start {start_wh} Wh; one of them is wrong"


def after_stop(at_wh: int, stop_wh: int) -> str:
    return f"the meter read {at_wh} Wh after the stop, which says {stop_wh} Wh; one of them is wrong"


def below_previous(start_wh: int, previous_wh: int, session_id: int) -> str:
    return (
        f"it began at {start_wh} Wh, below the {previous_wh} Wh at which session {session_id} ended on this connector; "
        "the meter was changed, or both count the same energy"
    )


def above_next(stop_wh: int, next_wh: int, session_id: int) -> str:
    return (
        f"it ended at {stop_wh} Wh, above the {next_wh} Wh at which session {session_id} began on this connector; "
        "the meter was changed, or both count the same energy"
    )


def corrected_late(what: str, energy_wh: int, billed_wh: int) -> str:
    return f"{what} says {energy_wh} Wh, but {billed_wh} Wh were billed; `correct` credits that bill and bills it anew"


def repriced_late(what: str, price: str, billed: str) -> str:
    return f"{what} makes it {price}, but {billed} were billed; correct the bill"


UNSEEN = "nobody saw when the car left"


def unseen(certain: datetime, latest: datetime, least: str, most: str) -> str:
    times = f"after {certain:%Y-%m-%d %H:%M} and until {latest:%Y-%m-%d %H:%M} UTC"
    return f"{UNSEEN}: {times}; that makes {least} to {most}, and the least counts until you decide"


def unreadable_time(what: str) -> str:
    return f"the time of the {what} is unreadable; {DATED_BY_RECEIPT}"


def unbelievable_time(what: str, said: str) -> str:
    return f"the station's clock said {said} at the {what}; {DATED_BY_RECEIPT}"


def impossible_connector(number: int) -> str:
    return f"connector {number} cannot be; look at the station's configuration"


def guessed(transaction_id: str) -> str:
    return (
        f"its stop named session {transaction_id}, which the station was never told; "
        "check by tag, time and meter reading that it belongs here"
    )
