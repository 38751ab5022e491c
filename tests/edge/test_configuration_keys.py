"""Every configuration key of the Core profile: access, default, range, persistence, and which test shows its effect."""

from dataclasses import dataclass, field
from importlib import import_module

import pytest

from edge.core.configuration import ENERGY, PROFILES, keys
from edge.core.effects import Say
from edge.link import translation
from tests.edge.scene import Scene


@dataclass(frozen=True)
class Takes:
    """Values that are taken, each with what is kept of it, and values that are refused."""

    taken: dict[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()


def whole(lowest: int = 0, highest: int = 2**31 - 1) -> Takes:
    bounds = {str(lowest): str(lowest), str(highest): str(highest), "007": "7"}
    outside = (str(lowest - 1), str(highest + 1), "9" * 5_000)
    return Takes(bounds, (*outside, "+1", "1.5", "1.0", " 1", "1e1", "0x1", "٣", "many", ""))


READ_ONLY = Takes(refused=("1", "false", "Core", ""))
SWITCH = Takes({"true": "true", "FALSE": "false", "True": "true"}, ("yes", "1", "0", " true", ""))
WHOLE = whole()
MEASURANDS = Takes(
    {
        "": "",
        "Voltage": "Voltage",
        "Voltage, Current.Import": "Voltage,Current.Import",
        "Voltage.L1,Voltage.L2-N,Current.Import.L3": "Voltage.L1,Voltage.L2-N,Current.Import.L3",
        f"{ENERGY},Voltage,{ENERGY}": f"{ENERGY},Voltage",
    },
    ("SoC", "Voltage,SoC", "voltage", "Voltage.L4", "Voltage.", f"{ENERGY}.L1", "Voltage;Current.Import", ".L1"),
)
ROTATION = Takes(
    {"0.RST,1.RTS,2.SRT": "0.RST,1.RTS,2.SRT", "2.NotApplicable, 0.TSR": "2.NotApplicable,0.TSR", "": ""},
    (
        "3.RST",
        "-1.RST",
        "01.RST",
        "1.XYZ",
        "1.rst",
        "1.RST,1.RTS",
        "1.RST,1.RST",
        "1",
        "RST",
        "1.RST.RTS",
        ".",
        "٣.RST",
    ),
)
LIGHT = "test_configuration_effects.test_the_light_has_the_intensity_that_is_configured_at_once"
BLINK = "test_configuration_effects.test_a_signal_blinks_as_often_as_configured"
LONGEST = "test_configuration_keys.test_a_list_has_at_most_as_many_items_as_its_max_length_says"
TAKEN = "test_configuration_keys.test_a_value_within_range_is_taken_in_any_case_of_the_key_and_survives_a_power_cut"
TOLD = "test_configuration_keys.test_access_and_default_are_told"
PROFILE = "link.test_inbound.test_what_this_station_does_not_have_is_said_by_a_status"
RETRY = "link.test_outbox.test_delays_grow_and_after_the_last_attempt_the_fact_is_parked"
OFFLINE = (
    "test_core_tags.test_offline_a_cached_card_is_refused_where_the_cache_is_off_or_cards_are_not_accepted_offline"
)
MANY = "link.test_inbound.test_as_many_keys_as_get_configuration_max_keys_are_told_and_not_one_more"
INTERVAL = "test_sampling.test_a_new_sample_interval_counts_from_its_change"
LISTED = "test_sampling.test_each_list_of_measurands_belongs_to_its_values"

# Default on a station with two connectors, locks and indicators; what is taken; the test of the effect.
TABLE: dict[str, tuple[str, Takes, str]] = {
    "AllowOfflineTxForUnknownId": (
        "false",
        SWITCH,
        "test_core_tags.test_offline_a_stranger_charges_only_where_that_is_allowed",
    ),
    "AuthorizationCacheEnabled": ("true", SWITCH, OFFLINE),
    "AuthorizeRemoteTxRequests": (
        "true",
        SWITCH,
        "test_core_sessions.test_remote_start_with_the_cable_later",
    ),
    "BlinkRepeat": ("3", WHOLE, BLINK),
    "ClockAlignedDataInterval": (
        "0",
        WHOLE,
        "test_sampling.test_clock_aligned_values_lie_on_whole_intervals_of_the_day",
    ),
    "ConnectionTimeOut": ("60", WHOLE, "test_core_sessions.test_nobody_plugs_in_within_connection_time_out"),
    "ConnectorPhaseRotation": ("0.Unknown,1.Unknown,2.Unknown", ROTATION, TAKEN),
    "ConnectorPhaseRotationMaxLength": ("3", READ_ONLY, LONGEST),
    "GetConfigurationMaxKeys": ("50", READ_ONLY, MANY),
    "HeartbeatInterval": ("300", WHOLE, "link.test_registration.test_a_changed_interval_counts_at_once"),
    "LightIntensity": ("100", whole(0, 100), LIGHT),
    "LocalAuthListEnabled": (
        "true",
        SWITCH,
        "test_configuration_effects.test_a_listed_card_is_known_only_while_the_list_is_in_use",
    ),
    "LocalAuthorizeOffline": ("true", SWITCH, OFFLINE),
    "LocalPreAuthorize": (
        "false",
        SWITCH,
        "test_core_tags.test_with_local_pre_authorize_a_known_card_starts_without_asking",
    ),
    "MaxEnergyOnInvalidId": (
        "0",
        WHOLE,
        "test_core_verdicts.test_max_energy_on_invalid_id_flows_before_the_refusal_counts",
    ),
    "MessageTimeout": ("30", whole(1), "link.test_registration.test_a_boot_that_fails_is_repeated"),
    "MeterValuesAlignedData": (ENERGY, MEASURANDS, LISTED),
    "MeterValuesAlignedDataMaxLength": ("22", READ_ONLY, LONGEST),
    "MeterValuesSampledData": (f"{ENERGY},Power.Active.Import", MEASURANDS, LISTED),
    "MeterValuesSampledDataMaxLength": ("22", READ_ONLY, LONGEST),
    "MeterValueSampleInterval": ("60", WHOLE, INTERVAL),
    "MinimumStatusDuration": (
        "0",
        WHOLE,
        "link.test_statuses.test_a_status_must_stand_for_the_minimum_duration",
    ),
    "NumberOfConnectors": ("2", READ_ONLY, TOLD),
    "ResetRetries": (
        "3",
        WHOLE,
        "test_reset_failure.test_a_hard_reset_that_fails_is_tried_again_then_told_and_the_station_works_on",
    ),
    "StopTransactionMaxMeterValues": (
        "200",
        READ_ONLY,
        "test_stop_data.test_stop_transaction_max_meter_values_is_never_exceeded",
    ),
    "StopTransactionOnEVSideDisconnect": (
        "true",
        SWITCH,
        "test_core_cable.test_without_stop_transaction_on_ev_side_disconnect_the_session_waits_for_its_car",
    ),
    "StopTransactionOnInvalidId": (
        "true",
        SWITCH,
        "test_core_verdicts.test_a_late_refusal_may_leave_the_session_open_without_energy",
    ),
    "StopTxnAlignedData": ("", MEASURANDS, "test_stop_data.test_stop_txn_aligned_data_is_kept_between_begin_and_end"),
    "StopTxnAlignedDataMaxLength": ("22", READ_ONLY, LONGEST),
    "StopTxnSampledData": ("", MEASURANDS, "test_stop_data.test_stop_txn_sampled_data_is_kept_between_begin_and_end"),
    "StopTxnSampledDataMaxLength": ("22", READ_ONLY, LONGEST),
    "SupportedFeatureProfiles": ("Core,RemoteTrigger", READ_ONLY, PROFILE),
    "SupportedFeatureProfilesMaxLength": ("2", READ_ONLY, LONGEST),
    "TransactionMessageAttempts": ("3", whole(1), RETRY),
    "TransactionMessageRetryInterval": ("60", WHOLE, RETRY),
    "UnlockConnectorOnEVSideDisconnect": (
        "true",
        SWITCH,
        "test_core_cable.test_without_unlock_connector_on_ev_side_disconnect_the_cable_waits_for_its_owner",
    ),
    "WebSocketPingInterval": (
        "60",
        WHOLE,
        "link.test_dial.test_a_changed_ping_interval_counts_at_once_and_zero_ends_pings",
    ),
}
EVERY_KEY = pytest.mark.parametrize("key", TABLE)


def station() -> Scene:
    return Scene(connectors=2, lock=True)


def told(scene: Scene, key: str) -> dict[str, object]:
    """What GetConfiguration says of a key."""
    (item,) = translation.configuration(scene.loop.station.configuration, [key])["configurationKey"]
    return dict(item)


def test_no_key_is_without_a_row() -> None:
    assert set(TABLE) == set(keys(2, lock=True, indicator=True))


@EVERY_KEY
def test_access_and_default_are_told(key: str) -> None:
    default, takes, _ = TABLE[key]
    assert told(station(), key) == {"key": key, "readonly": takes is READ_ONLY, "value": default}


@EVERY_KEY
def test_a_value_within_range_is_taken_in_any_case_of_the_key_and_survives_a_power_cut(key: str) -> None:
    scene = station()
    for given, kept in TABLE[key][1].taken.items():
        scene.configure(key.swapcase(), given)
        assert (scene.reply(), told(scene, key)["value"]) == ("Accepted", kept)
        scene.power_cut(1_000)
        assert told(scene, key)["value"] == kept


@EVERY_KEY
def test_a_value_out_of_range_is_refused_with_a_reason_and_changes_nothing(key: str) -> None:
    scene = station()
    before = scene.loop.station.configuration
    for given in TABLE[key][1].refused:
        scene.configure(key, given)
        assert scene.reply() == "Rejected", given
        assert said(scene).startswith(f"configuration: {key} ")
        assert "expected" in said(scene) or "read-only" in said(scene)
    assert scene.loop.station.configuration == before


@EVERY_KEY
def test_every_key_has_an_effect_that_a_test_shows(key: str) -> None:
    module, _, name = TABLE[key][2].rpartition(".")
    assert callable(getattr(import_module(f"tests.edge.{module}"), name))


@pytest.mark.parametrize("key", [key for key in TABLE if key.endswith("MaxLength")])
def test_a_list_has_at_most_as_many_items_as_its_max_length_says(key: str) -> None:
    scene, name = station(), key.removesuffix("MaxLength")
    most = int(str(told(scene, key)["value"]))
    if TABLE[name][1] is MEASURANDS:
        for length, status in ((most, "Accepted"), (most + 1, "Rejected")):
            scene.configure(name, ",".join(["Voltage"] * length))
            assert scene.reply() == status
    else:
        assert len(str(told(scene, name)["value"]).split(",")) == most


def test_an_unknown_key_is_not_supported_and_a_change_is_told_in_the_log() -> None:
    scene = station()
    scene.configure("No\nSuchKey", "1")
    assert scene.reply() == "NotSupported"
    assert said(scene) == "configuration: 'No\\nSuchKey' is no configuration key of this charge point"
    scene.configure("connectiontimeout", "90")
    assert said(scene) == "configuration: ConnectionTimeOut was '60' and is now '90'"


def test_keys_follow_from_how_the_station_is_built() -> None:
    plain = keys(3)
    assert plain["UnlockConnectorOnEVSideDisconnect"].kind is None
    assert plain["UnlockConnectorOnEVSideDisconnect"].default == "false"
    assert plain["ConnectorPhaseRotation"].default == "0.Unknown,1.Unknown,2.Unknown,3.Unknown"
    assert {"BlinkRepeat", "LightIntensity"} & set(plain) == set()
    assert set(keys(3, indicator=True)) - set(plain) == {"BlinkRepeat", "LightIntensity"}
    assert plain["SupportedFeatureProfiles"].default == ",".join(PROFILES)


def test_what_was_stored_under_other_rules_is_ignored() -> None:
    scene = station()
    scene.configure("MessageTimeout", "20")
    scene.disk.records |= {"configuration/MessageTimeout": b'"0"', "configuration/OfAnotherBuild": b'"1"'}
    scene.power_cut(1_000)
    assert scene.loop.station.configuration.values == {}


def said(scene: Scene) -> str:
    """The last line for the log."""
    return [effect.text for effect in scene.performed if isinstance(effect, Say)][-1]
