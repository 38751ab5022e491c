"""Use cases, each a synchronous unit of work on a connection; the only place that changes data.

A unit is handed to `Database.write` (or `read`); its result may be told to others only after that returns.
"""
