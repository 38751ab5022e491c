"""The rules of charging and billing as pure values and functions: no clock, no database, no network."""
