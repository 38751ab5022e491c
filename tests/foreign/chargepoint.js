// A charge point of two connectors on ocpp-rpc, in strict mode, or on ocpp-ts; its sessions are all on the first.
// Options as JSON: library, endpoint, identity, key (hex), answers (what it answers to each command).
// Each line that it reads, {tag}, is a card held before its reader; {} has it say how much energy it delivered.
"use strict";

const readline = require("node:readline");
const { RPCClient } = require("ocpp-rpc");
const { OcppClient } = require("ocpp-ts");

const options = JSON.parse(process.argv[2]);
const say = (what, more = {}) => process.stdout.write(JSON.stringify({ what, ...more }) + "\n");
const complain = (error) => say("complaint", { detail: String(error.error ?? error.code ?? error) });
const now = () => new Date().toISOString();
console.error = (...said) => complain(said.join(" ")); // that is how ocpp-ts complains
const again = (open) => () => setTimeout(open, 200);

function onRpc() {
  const client = new RPCClient({
    endpoint: options.endpoint,
    identity: options.identity,
    password: Buffer.from(options.key, "hex"),
    protocols: ["ocpp1.6"],
    strictMode: true,
    backoff: { initialDelay: 100, maxDelay: 200, factor: 2, randomisationFactor: 0 },
  });
  const open = () => client.connect().catch(complain);
  for (const event of ["strictValidationFailure", "badMessage"]) client.on(event, complain);
  client.handle(({ method, params }) => answer(method, params));
  client.on("open", () => come().catch(complain));
  client.on("close", again(open));
  return { open, close: () => client.close(), call: (action, payload) => client.call(action, payload) };
}

function onTs() {
  const client = new OcppClient(options.identity);
  const credentials = Buffer.concat([Buffer.from(options.identity + ":"), Buffer.from(options.key, "hex")]);
  const headers = { Authorization: "Basic " + credentials.toString("base64") };
  const open = () => client.connect(options.endpoint + "/", headers);
  for (const action of Object.keys(options.answers))
    client.on(action, (asked, reply) => reply(answer(action, asked)));
  client.on("error", (error) => error.code === "ECONNREFUSED" || complain(error));
  client.on("connect", () => come().catch(complain));
  client.on("close", again(open));
  const close = () => client.connection.socket.close();
  return { open, close, call: (action, payload) => client.callRequest(action, payload) };
}

const { open, close, call } = { "ocpp-rpc": onRpc, "ocpp-ts": onTs }[options.library]();

let booted = false;
let session = null;
let registerWh = 1000;
const delivered = () => (registerWh += 1);

async function come() {
  if (!booted) await call("BootNotification", { chargePointVendor: "Foreign", chargePointModel: options.library });
  booted = true;
  await show(1, session ? "Charging" : "Available");
}

const show = (connectorId, status) =>
  call("StatusNotification", { connectorId, status, errorCode: "NoError", timestamp: now() });

const sample = (transaction) =>
  call("MeterValues", {
    connectorId: 1,
    ...transaction,
    meterValue: [
      {
        timestamp: now(),
        sampledValue: [
          { value: String(registerWh), context: "Sample.Periodic", measurand: "Energy.Active.Import.Register", unit: "Wh" },
          { value: "7.2", measurand: "Power.Active.Import", unit: "kW" },
          { value: "48.5", measurand: "Temperature", location: "Body", unit: "Celsius" },
        ],
      },
    ],
  });

async function start(idTag) {
  const begun = await call("StartTransaction", { connectorId: 1, idTag, meterStart: registerWh, timestamp: now() });
  session = { idTag, transactionId: begun.transactionId };
  await show(1, "Charging");
  delivered();
  await sample({ transactionId: session.transactionId });
}

async function stop(reason) {
  await call("StopTransaction", { ...session, meterStop: delivered(), timestamp: now(), reason });
  session = null;
  await show(1, "Available");
}

async function tap(idTag) {
  const { idTagInfo } = await call("Authorize", { idTag });
  if (idTagInfo.status !== "Accepted") complain(idTagInfo.status);
  await (session ? stop("Local") : start(idTag));
}

async function transfer(of, ...states) {
  for (const status of states) await call(of + "StatusNotification", { status });
}

const triggered = {
  Heartbeat: () => call("Heartbeat", {}),
  MeterValues: () => sample(session ? { transactionId: session.transactionId } : {}),
};

const deeds = {
  CancelReservation: () => show(2, "Available"),
  ChangeAvailability: (asked) => show(asked.connectorId, asked.type === "Operative" ? "Available" : "Unavailable"),
  GetDiagnostics: () => transfer("Diagnostics", "Uploading", "Uploaded"),
  RemoteStartTransaction: (asked) => start(asked.idTag),
  RemoteStopTransaction: () => stop("Remote"),
  ReserveNow: (asked) => show(asked.connectorId, "Reserved"),
  Reset: () => ((booted = false), close()),
  TriggerMessage: (asked) => triggered[asked.requestedMessage](),
  UpdateFirmware: () => transfer("Firmware", "Downloading", "Downloaded", "Installing", "Installed"),
};

function answer(action, asked) {
  if (action === "RemoteStopTransaction" && asked.transactionId !== session?.transactionId) return { status: "Rejected" };
  setImmediate(async () => {
    try {
      await deeds[action]?.(asked);
    } catch (error) {
      complain(error);
    }
  });
  return options.answers[action];
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { tag } = JSON.parse(line);
  tag ? tap(tag).catch(complain) : say("delivered", { wh: registerWh - 1000 });
});

open();
