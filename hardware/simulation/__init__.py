"""The simulated world as a process: its protocol, its client, its Modbus meters and its visitors."""
