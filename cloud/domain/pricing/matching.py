"""Which price components apply at a moment: for each dimension those of the first element that has it and holds."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cloud.domain.pricing.curve import Slope
from cloud.domain.pricing.cuts import watt_hours
from cloud.domain.tariffs import Dimension, Element, PriceComponent, Restrictions, Terms, Weekday

_DAYS = tuple(Weekday)


@dataclass(frozen=True, slots=True)
class Moment:
    """How the session stands: the site's clock, what was delivered, how long it lasts, and its power."""

    local: datetime
    energy_wh: int
    lasting: timedelta
    power: Slope


@dataclass(frozen=True, slots=True)
class Applied:
    """A component and the element that it came from."""

    component: PriceComponent
    element: Element


def applied(terms: Terms, moment: Moment) -> dict[Dimension, Applied]:
    """What applies at the moment."""
    first: dict[Dimension, Applied] = {}
    for element in terms.elements:
        if holds(element.restrictions, moment):
            for component in element.price_components:
                first.setdefault(component.type, Applied(component, element))
    return first


def holds(asked: Restrictions, moment: Moment) -> bool:
    """Whether every restriction that is given holds."""
    return not asked.given or (
        _on_the_clock(asked, moment)
        and _on_the_calendar(asked, moment)
        and _within_energy(asked, moment)
        and _within_duration(asked, moment)
        and _within_power(asked, moment)
    )


def _on_the_clock(asked: Restrictions, moment: Moment) -> bool:
    begin, end, clock = asked.start_time, asked.end_time, moment.local.time()
    late_enough, early_enough = begin is None or clock >= begin, end is None or clock < end
    over_midnight = begin is not None and end is not None and begin > end
    return late_enough or early_enough if over_midnight else late_enough and early_enough


def _on_the_calendar(asked: Restrictions, moment: Moment) -> bool:
    day = moment.local.date()
    return (
        (asked.start_date is None or day >= asked.start_date)
        and (asked.end_date is None or day < asked.end_date)
        and (not asked.day_of_week or _DAYS[day.weekday()] in asked.day_of_week)
    )


def _within_energy(asked: Restrictions, moment: Moment) -> bool:
    return (asked.min_kwh is None or moment.energy_wh >= watt_hours(asked.min_kwh)) and (
        asked.max_kwh is None or moment.energy_wh < watt_hours(asked.max_kwh)
    )


def _within_duration(asked: Restrictions, moment: Moment) -> bool:
    lasting_s = moment.lasting.total_seconds()
    return (asked.min_duration is None or lasting_s >= asked.min_duration) and (
        asked.max_duration is None or lasting_s < asked.max_duration
    )


def _within_power(asked: Restrictions, moment: Moment) -> bool:
    return (asked.min_power is None or moment.power.reaches(asked.min_power)) and (
        asked.max_power is None or not moment.power.reaches(asked.max_power)
    )
