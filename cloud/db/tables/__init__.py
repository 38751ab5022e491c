"""All tables. Money is in minor units, energy in Wh, times are UTC; JSON holds only what no query looks into."""

from cloud.db.tables.base import metadata
from cloud.db.tables.charging import command, command_step, connector_state, meter_sample, orphan_stop, session
from cloud.db.tables.documents import bill, bill_series, billing_task, signed_value
from cloud.db.tables.keeping import charging_profile, local_list, reservation, station_configuration
from cloud.db.tables.log import message
from cloud.db.tables.money import account, ledger_account, movement, transfer
from cloud.db.tables.people import (
    audit_log,
    incident,
    password_token,
    probe,
    recovery_code,
    second_factor,
    sign_in,
    sign_in_failure,
    user,
    user_site,
)
from cloud.db.tables.places import (
    connection,
    connector,
    evse,
    organisation,
    pending_station,
    site,
    station,
    tag,
    tag_group,
    tag_group_site,
    tariff,
    tariff_version,
    unknown_tap,
)
from cloud.db.tables.power import site_power
from cloud.db.tables.programs import api_answer, api_key, api_key_site, webhook, webhook_delivery

__all__ = [
    "account",
    "api_answer",
    "api_key",
    "api_key_site",
    "audit_log",
    "bill",
    "bill_series",
    "billing_task",
    "charging_profile",
    "command",
    "command_step",
    "connection",
    "connector",
    "connector_state",
    "evse",
    "incident",
    "ledger_account",
    "local_list",
    "message",
    "metadata",
    "meter_sample",
    "movement",
    "organisation",
    "orphan_stop",
    "password_token",
    "pending_station",
    "probe",
    "recovery_code",
    "reservation",
    "second_factor",
    "session",
    "sign_in",
    "sign_in_failure",
    "signed_value",
    "site",
    "site_power",
    "station",
    "station_configuration",
    "tag",
    "tag_group",
    "tag_group_site",
    "tariff",
    "tariff_version",
    "transfer",
    "unknown_tap",
    "user",
    "user_site",
    "webhook",
    "webhook_delivery",
]
