"""Meter values that a meter signed: kept as the station sent them, for whoever wants to check them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_NATURES = {"Transaction.Begin": "Start", "Transaction.End": "End"}


@dataclass(frozen=True, slots=True)
class SignedValue:
    """One sampledValue with the format SignedData (OCPP 1.6 section 7.43), whole and unaltered in `value`."""

    at: datetime
    context: str
    value: Mapping[str, Any]

    @property
    def data(self) -> str:
        """What was signed together with its signature, in the meter's own form."""
        return str(self.value.get("value", ""))

    @property
    def encoding(self) -> str:
        """The form as far as it says so itself: OCMF, or unknown."""
        return "OCMF" if self.data.startswith("OCMF|") else "unknown"

    @property
    def nature(self) -> str:
        """Start, End or Intermediate, as OCPI calls it."""
        return _NATURES.get(self.context, "Intermediate")
