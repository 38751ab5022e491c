"""The small parts by themselves: budget, log lines."""

from cloud.ocpp.budget import Budget
from cloud.ocpp.log import harmless


def test_a_budget_is_spent_and_fills_again() -> None:
    budget = Budget(2, per_s=10)
    assert [budget.spend(100.0) for _ in range(3)] == [True, True, False]
    assert [budget.spend(105.0) for _ in range(2)] == [True, False]


def test_a_budget_never_exceeds_its_limit() -> None:
    budget = Budget(2, per_s=10)
    assert [budget.spend(1e9) for _ in range(3)] == [True, True, False]


def test_foreign_text_cannot_forge_a_log_line() -> None:
    assert harmless("a\nbill 2026-0001\x1b[2J") == "a\\nbill 2026-0001\\x1b[2J"
    assert harmless("a\u202eb").isprintable()
    assert len(harmless("x" * 1000)) == 80
