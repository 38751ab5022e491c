"""Money: Decimal inside, integer minor units outside, rounded half up in one place."""

from decimal import ROUND_HALF_UP, Decimal

from cloud.domain.errors import UnknownCurrency

_NONE = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_THREE = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def minor_digits(currency: str) -> int:
    """How many decimals the currency's minor unit has (ISO 4217): JPY 0, EUR 2, KWD 3."""
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        raise UnknownCurrency(f"{currency!r} is not a currency; give an ISO 4217 code such as EUR", "currency")
    return 0 if currency in _NONE else 3 if currency in _THREE else 2


def to_minor(amount: Decimal, currency: str) -> int:
    """An amount in whole units as minor units, rounded half up."""
    return rounded(amount.scaleb(minor_digits(currency)))


def rounded(amount: Decimal) -> int:
    """The nearest whole number, half up."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def from_minor(amount_minor: int, currency: str) -> Decimal:
    """Minor units as an exact amount with the currency's decimals."""
    return Decimal(amount_minor).scaleb(-minor_digits(currency))


def format_minor(amount_minor: int, currency: str) -> str:
    """For people: `2.15 EUR`."""
    return f"{from_minor(amount_minor, currency):f} {currency}"


def format_price(price: Decimal, currency: str) -> str:
    """What one unit costs, with the currency's decimals and as many more as it needs: `0.50 EUR`, `0.0395 KWD`."""
    needed = -int(price.normalize().as_tuple().exponent)
    return f"{price:.{max(needed, minor_digits(currency))}f} {currency}"
