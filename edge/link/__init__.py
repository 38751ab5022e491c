"""OCPP 1.6 from the charge point's side: dial, register, facts out, calls in, translation."""
