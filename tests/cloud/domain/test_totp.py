"""One-time codes against the vectors of RFC 6238, appendix B."""

from datetime import UTC, datetime

import pytest

from cloud.domain import totp

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("second", "digits"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(second: int, digits: str) -> None:
    at = datetime.fromtimestamp(second, UTC)
    assert totp.code(SECRET, totp.step_at(at)) == digits
    assert totp.fitting_step(SECRET, digits, at, 0) == second // 30


def test_a_step_fits_a_little_early_or_late_and_never_again() -> None:
    at = datetime(2026, 7, 14, 9, 30, tzinfo=UTC)
    now = totp.step_at(at)
    fitting = [
        step - now for step in range(now - 4, now + 5) if totp.fitting_step(SECRET, totp.code(SECRET, step), at, 0)
    ]
    assert fitting == [-1, 0, 1]
    assert totp.fitting_step(SECRET, totp.code(SECRET, now), at, now) is None
    for none in ("", "12345", "abcdef", "１２３４５６", "1" * 100):
        assert totp.fitting_step(SECRET, none, at, 0) is None


def test_the_picture_names_the_user() -> None:
    said = totp.address(SECRET, "Ada & Co")
    assert said == "otpauth://totp/Bollard:Ada%20%26%20Co?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Bollard"
