"""OCPP-J without I/O: frames, errors, schemas, and a peer with one outstanding call each way."""
