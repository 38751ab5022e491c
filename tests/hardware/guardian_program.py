"""A guardian's process for tests: WORLD SOCKET LEASE_MS stay|leave OUTLET..., an emergency stop at the first outlet."""

import sys

from hardware.catalogue import make_contactor, make_input
from hardware.errors import GuardianTaken
from hardware.guardian import Guardian, serve
from hardware.ports import Part


def main(world: str, socket: str, lease_ms: str, stay: str, *outlets: str) -> int:
    def make() -> Guardian:
        parts = [Part("simulated", {"world": world, "outlet": outlet}) for outlet in outlets]
        contactors = {connector: make_contactor(part) for connector, part in enumerate(parts, 1)}
        return Guardian(contactors, {"emergency_stop": make_input(parts[0])}, int(lease_ms))

    try:
        serve(make, socket, stay=stay == "stay")
    except GuardianTaken as error:
        print(error, flush=True)
        return 1
    print("guardian ended", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
