"""OCPP 1.6J towards the stations: the endpoint, what they may call, what they are told."""
