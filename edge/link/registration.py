"""Being accepted by the central system, and staying so: BootNotification and Heartbeat (OCPP 1.6 sections 4.2, 4.6)."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bollard.wire.errors import CallError, ErrorCode, Malformed, Timeout
from bollard.wire.frames import Error, Frame, Result
from bollard.wire.peer import Peer
from edge.core.configuration import number
from edge.core.events import ConfigurationAsked
from edge.core.values import is_believable
from edge.link import translation
from edge.link.asking import ask
from edge.link.ports import Agent
from edge.link.timing import Alarm, Patience, Timer

OWN_CHOICE_S = 60
LONGEST_WAIT_S = 86_400
NO_REQUEST = ""


@dataclass(frozen=True, slots=True)
class BootInfo:
    """What BootNotification says of this charge point; empty fields are left out."""

    vendor: str = "Bollard"
    model: str = "Bollard"
    serial_number: str = ""
    firmware_version: str = ""
    meter_type: str = ""

    def payload(self) -> dict[str, Any]:
        """BootNotification.req, each field cut to what OCPP allows."""
        fields = {
            "chargePointVendor": self.vendor[:20],
            "chargePointModel": self.model[:20],
            "chargePointSerialNumber": self.serial_number[:25],
            "firmwareVersion": self.firmware_version[:50],
            "meterType": self.meter_type[:25],
        }
        return {name: value for name, value in fields.items() if value}


class Verdict(StrEnum):
    """RegistrationStatus, and that there is none yet."""

    NONE = "None"
    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


VERDICTS = {str(verdict): verdict for verdict in Verdict if verdict is not Verdict.NONE}


class Registration:
    """One boot's registration; it outlives sockets, so that a mere reconnect does not boot again. What is `said` is why
    it was not accepted the last time."""

    def __init__(self, boot: BootInfo, agent: Agent, timer: Timer, patience: Patience) -> None:
        self.verdict = Verdict.NONE
        self.said = ""
        self._proved = False
        self._boot = boot
        self._agent = agent
        self._patience = patience
        self._next_boot = Alarm(timer)
        self._next_beat = Alarm(timer, math.inf)

    @property
    def accepted(self) -> bool:
        """Whether the central system has accepted this station since the agent started."""
        return self.verdict is Verdict.ACCEPTED

    @property
    def pending(self) -> bool:
        """The central system wants to look at this station first; it may ask, and trigger."""
        return self.verdict is Verdict.PENDING

    async def boots_until_accepted(self, peer: Peer) -> bool:
        """Boot until accepted, no sooner than the central system allows; False if it was accepted long since."""
        if self.accepted:
            return False
        while not self.accepted:
            await self._next_boot.wait()
            self._next_boot.set_in(await self._boot_once(peer))
        return True

    def is_forgotten(self, answer: Frame | Malformed) -> bool:
        """Whether this answer shows that the central system no longer knows that it accepted this station, as after the
        loss of its data: a SecurityError from one that has answered otherwise before. Then the next one boots again."""
        if self.accepted and isinstance(answer, Result):
            self._proved = True
        if not (self._proved and isinstance(answer, Error) and answer.code == ErrorCode.SECURITY_ERROR):
            return False
        self._proved, self.verdict = False, Verdict.NONE
        self.interval_changed()
        self.boot_now()
        return True

    def boot_now(self) -> None:
        """Boot without waiting any longer."""
        self._next_boot.set_in(0)

    async def heartbeats(self, peer: Peer) -> None:
        """One Heartbeat every HeartbeatInterval, before acceptance only if triggered; its answer sets the clock."""
        while True:
            await self._next_beat.wait()
            self.interval_changed()
            try:
                answer = await ask(self._agent, peer, "Heartbeat", {})
            except (CallError, Timeout) as error:
                self._agent.say(f"Heartbeat: {error}")
            else:
                if self.accepted:
                    self._hear(answer)

    def beat_now(self) -> None:
        """TriggerMessage(Heartbeat)."""
        self._next_beat.set_in(0)

    def interval_changed(self) -> None:
        """Wait for the next beat anew; 0 means none but the daily one that keeps the clock right."""
        seconds = number(self._agent.station().configuration, "HeartbeatInterval")
        self._next_beat.set_in(min(seconds or LONGEST_WAIT_S, LONGEST_WAIT_S) if self.accepted else math.inf)

    async def _boot_once(self, peer: Peer) -> float:
        """Boot, and return after how many seconds to boot again if not accepted."""
        try:
            answer = await ask(self._agent, peer, "BootNotification", self._boot.payload())
        except (CallError, Timeout) as error:
            self._say(f"BootNotification: {error}")
            return self._patience.next_s()
        if answer.get("status") not in list(VERDICTS):
            self._say("the central system's answer to BootNotification is no verdict")
            return self._patience.next_s()
        self._patience.reset()
        return self._judge(answer)

    def _judge(self, answer: dict[str, Any]) -> float:
        """Take the verdict, and return after how many seconds to ask for another."""
        self.verdict, interval_s = VERDICTS[answer["status"]], _interval_s(answer)
        again_s = interval_s or OWN_CHOICE_S
        if self.accepted:
            self._hear(answer)
            self._beat_every(interval_s)
        else:
            self._say(f"the central system has not accepted this station ({self.verdict}); asking again in {again_s} s")
        return again_s

    def _say(self, sentence: str) -> None:
        """Why there is no acceptance yet."""
        self.said = sentence
        self._agent.say(sentence)

    def _beat_every(self, interval_s: int) -> None:
        if interval_s:
            now = self._agent.clock.now()
            self._agent.take(ConfigurationAsked(now, NO_REQUEST, "HeartbeatInterval", str(interval_s)))
        self.interval_changed()

    def _hear(self, answer: dict[str, Any]) -> None:
        told = translation.moment(answer.get("currentTime"))
        if told is None or not is_believable(told):
            self._agent.say(f"the central system's time is no time: {str(answer.get('currentTime'))[:40]}")
        elif moved := self._agent.clock.heard(told):
            self._agent.say(f"the clock is moved by {moved.total_seconds():+.0f} s to the central system's time")


def _interval_s(answer: dict[str, Any]) -> int:
    """The interval within reason; 0 leaves the choice to us, as does anything that cannot be one."""
    said = answer.get("interval")
    return min(said, LONGEST_WAIT_S) if type(said) is int and said > 0 else 0
