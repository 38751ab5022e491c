"""True RMS of an alternating quantity from samples that were taken whenever the converter was ready."""

import math
from collections.abc import Sequence
from typing import NamedTuple


class Sample(NamedTuple):
    """A value, and when the middle of its conversion was, in seconds."""

    at_s: float
    value: float


def rms(samples: Sequence[Sample], aperture_s: float) -> float:
    """The RMS about the mean, at least three samples.

    The window fades in and out (Hann), so that it need not hold whole periods; each sample counts for the time around
    it. A converter that averages for `aperture_s` shows an alternating quantity too small, which is made good.
    """
    weights = _weights(samples)
    total = sum(weights)
    mean = sum(w * s.value for w, s in zip(weights, samples, strict=True)) / total
    square = sum(w * (s.value - mean) ** 2 for w, s in zip(weights, samples, strict=True)) / total
    shown = math.sqrt(square)
    angle = math.pi * frequency_hz(samples, mean, shown / 2) * aperture_s
    return shown * angle / math.sin(angle) if angle else shown


def frequency_hz(samples: Sequence[Sample], mean: float, margin: float) -> float:
    """How often a second the values swing from below `mean - margin` to above `mean + margin`; 0 if not twice."""
    rises: list[float] = []
    low = False
    for at_s, value in samples:
        if low and value > mean + margin:
            rises.append(at_s)
            low = False
        elif value < mean - margin:
            low = True
    return (len(rises) - 1) / (rises[-1] - rises[0]) if len(rises) > 1 else 0.0


def _weights(samples: Sequence[Sample]) -> list[float]:
    first_s, window_s = samples[0].at_s, samples[-1].at_s - samples[0].at_s
    spans = [later.at_s - earlier.at_s for earlier, later in zip(samples, samples[2:], strict=False)]
    inner = zip(samples[1:-1], spans, strict=True)
    return [0.0, *(span * (1 - math.cos(math.tau * (s.at_s - first_s) / window_s)) for s, span in inner), 0.0]
