"""The register maps of meters that people buy, one table a model; sources: mbmd, evcc, EVerest, Tasmota."""

from hardware.meters.modbus import Model
from hardware.meters.register_maps import Coding, Register, RegisterMap


def _each(coding: Coding, unit: str, *addresses: int) -> tuple[Register, ...]:
    return tuple(_one(coding, unit, address) for address in addresses)


def _one(coding: Coding, unit: str, address: int) -> Register:
    return Register(address, coding, unit)


SDM120 = Model(
    "Eastron SDM120",
    RegisterMap(
        energy=_one("f32", "kWh", 0x48),
        power=_one("f32", "W", 0x0C),
        voltage=_each("f32", "V", 0x00),
        current=_each("f32", "A", 0x06),
        serial=_one("u32", "", 0xFC00),
    ),
)
SDM230 = Model("Eastron SDM230", SDM120.map)
SDM630 = Model(
    "Eastron SDM630",
    RegisterMap(
        energy=_one("f32", "kWh", 0x48),
        power=_one("f32", "W", 0x34),
        phase_power=_each("f32", "W", 0x0C, 0x0E, 0x10),
        voltage=_each("f32", "V", 0x00, 0x02, 0x04),
        current=_each("f32", "A", 0x06, 0x08, 0x0A),
        serial=_one("u32", "", 0xFC00),
    ),
)
ABB_B21 = Model(
    "ABB B21",
    RegisterMap(
        function=3,
        energy=_one("u64", "0.01 kWh", 0x5000),
        power=_one("i32", "0.01 W", 0x5B14),
        voltage=_each("u32", "0.1 V", 0x5B00),
        current=_each("u32", "0.01 A", 0x5B0C),
        serial=_one("u32", "", 0x8900),
    ),
)
ABB_B23 = Model(
    "ABB B23",
    RegisterMap(
        function=3,
        energy=_one("u64", "0.01 kWh", 0x5000),
        power=_one("i32", "0.01 W", 0x5B14),
        phase_power=_each("i32", "0.01 W", 0x5B16, 0x5B18, 0x5B1A),
        voltage=_each("u32", "0.1 V", 0x5B00, 0x5B02, 0x5B04),
        current=_each("u32", "0.01 A", 0x5B0C, 0x5B0E, 0x5B10),
        serial=_one("u32", "", 0x8900),
    ),
)


def _carlo_gavazzi(energy: int) -> RegisterMap:
    return RegisterMap(
        low_word_first=True,
        most_registers=11,
        energy=_one("i32", "0.1 kWh", energy),
        power=_one("i32", "0.1 W", 0x28),
        phase_power=_each("i32", "0.1 W", 0x12, 0x14, 0x16),
        voltage=_each("i32", "0.1 V", 0x00, 0x02, 0x04),
        current=_each("i32", "mA", 0x0C, 0x0E, 0x10),
    )


EM24 = Model("Carlo Gavazzi EM24 (RS-485)", _carlo_gavazzi(energy=0x42))
EM24_E1 = Model("Carlo Gavazzi EM24_E1", _carlo_gavazzi(energy=0x34))
EM330 = Model("Carlo Gavazzi EM330", _carlo_gavazzi(energy=0x34))
EM340 = Model("Carlo Gavazzi EM340", _carlo_gavazzi(energy=0x34))
IEM3155 = Model(
    "Schneider iEM3155",
    RegisterMap(
        function=3,
        energy=_one("i64", "Wh", 0x0C83),
        power=_one("f32", "kW", 0x0BF3),
        phase_power=_each("f32", "kW", 0x0BED, 0x0BEF, 0x0BF1),
        voltage=_each("f32", "V", 0x0BD3, 0x0BD5, 0x0BD7),
        current=_each("f32", "A", 0x0BB7, 0x0BB9, 0x0BBB),
    ),
)
FINDER_7M24 = Model(
    "Finder 7M.24",
    RegisterMap(
        energy=_one("f32", "Wh", 2752),
        power=_one("f32", "W", 2536),
        voltage=_each("f32", "V", 2500),
        current=_each("f32", "A", 2516),
    ),
)
FINDER_7M38 = Model(
    "Finder 7M.38",
    RegisterMap(
        energy=_one("f32", "Wh", 2752),
        power=_one("f32", "W", 2536),
        phase_power=_each("f32", "W", 2530, 2532, 2534),
        voltage=_each("f32", "V", 2500, 2502, 2504),
        current=_each("f32", "A", 2516, 2518, 2520),
    ),
)
PZEM_004T = Model(
    "PZEM-004T v3",
    RegisterMap(
        low_word_first=True,
        energy=_one("u32", "Wh", 0x05),
        power=_one("u32", "0.1 W", 0x03),
        voltage=_each("u16", "0.1 V", 0x00),
        current=_each("u32", "mA", 0x01),
        wraps_at_wh=10_000_000,
    ),
)
