"""The central system that many charge points report to."""
