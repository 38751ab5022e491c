// A charge point made with ocpp-rpc in strict mode: one session by tag, one started and stopped remotely.
// Options as JSON: endpoint, identity, key (hex), ca (PEM file), tag. Prints what happens as JSON lines.
"use strict";

const fs = require("node:fs");
const { RPCClient } = require("ocpp-rpc");

const options = JSON.parse(process.argv[2]);
const say = (what, more = {}) => process.stdout.write(JSON.stringify({ what, ...more }) + "\n");
const now = () => new Date().toISOString();

const station = new RPCClient({
  endpoint: options.endpoint,
  identity: options.identity,
  password: Buffer.from(options.key, "hex"),
  protocols: ["ocpp1.6"],
  strictMode: true,
  reconnect: false,
  wsOpts: { ca: fs.readFileSync(options.ca) },
});

for (const event of ["strictValidationFailure", "badMessage", "callError"])
  station.on(event, (detail) => say(event, { detail: String(detail.error ?? JSON.stringify(detail)) }));

function asked(action) {
  return new Promise((resolve) => {
    station.handle(action, ({ params }) => {
      setImmediate(resolve, params);
      return { status: "Accepted" };
    });
  });
}

const status = (status) =>
  station.call("StatusNotification", { connectorId: 1, status, errorCode: "NoError", timestamp: now() });

async function charge(idTag, meterStart, ending) {
  const begun = await station.call("StartTransaction", { connectorId: 1, idTag, meterStart, timestamp: now() });
  say("started", begun);
  await status("Charging");
  await station.call("MeterValues", {
    connectorId: 1,
    transactionId: begun.transactionId,
    meterValue: [
      {
        timestamp: now(),
        sampledValue: [
          { value: String(meterStart + 1), context: "Sample.Periodic", measurand: "Energy.Active.Import.Register", unit: "Wh" },
          { value: "7.2", measurand: "Power.Active.Import", unit: "kW" },
          { value: "48.5", measurand: "Temperature", location: "Body", unit: "Celsius" },
        ],
      },
    ],
  });
  const reason = await ending(begun.transactionId);
  await station.call("StopTransaction", {
    transactionId: begun.transactionId,
    idTag,
    meterStop: meterStart + 2,
    timestamp: now(),
    reason,
  });
  say("stopped", { transactionId: begun.transactionId });
  await status("Available");
}

async function main() {
  await station.connect();
  const boot = await station.call("BootNotification", { chargePointVendor: "Foreign", chargePointModel: "RPC" });
  say("booted", boot);
  await status("Available");
  await station.call("Heartbeat", {});
  const { idTagInfo } = await station.call("Authorize", { idTag: options.tag });
  say("authorized", idTagInfo);
  await charge(options.tag, 1000, async () => "Local");

  const remoteStart = asked("RemoteStartTransaction");
  const remoteStop = asked("RemoteStopTransaction");
  say("ready");
  const { idTag } = await remoteStart;
  await charge(idTag, 1002, async (own) => {
    const { transactionId } = await remoteStop;
    return transactionId === own ? "Remote" : "Other";
  });
  await station.close();
  say("done");
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
