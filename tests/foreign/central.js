// A central system made with ocpp-rpc in strict mode, over TLS with Basic authentication.
// Options as JSON: cert (PEM file with key), identity, key (hex). Prints what it is asked as JSON lines; each line
// that it reads, {method, params}, is asked of the station, and the answer or refusal is printed; {} hangs up.
"use strict";

const fs = require("node:fs");
const https = require("node:https");
const readline = require("node:readline");
const { RPCServer } = require("ocpp-rpc");

const options = JSON.parse(process.argv[2]);
const say = (what, more = {}) => process.stdout.write(JSON.stringify({ what, ...more }) + "\n");
const now = () => new Date().toISOString();

let transactions = 0;
const accepted = { status: "Accepted", parentIdTag: "GROUP" };
const answers = {
  Authorize: () => ({ idTagInfo: accepted }),
  BootNotification: () => ({ status: "Accepted", currentTime: now(), interval: 60 }),
  Heartbeat: () => ({ currentTime: now() }),
  MeterValues: () => ({}),
  StartTransaction: () => ({ idTagInfo: accepted, transactionId: ++transactions }),
  StatusNotification: () => ({}),
  StopTransaction: () => ({ idTagInfo: accepted }),
};

const server = new RPCServer({ protocols: ["ocpp1.6"], strictMode: true });

server.auth((accept, reject, handshake) => {
  const known = handshake.identity === options.identity && handshake.password?.toString("hex") === options.key;
  known ? accept() : reject(401, "who are you?");
});

let newest;
server.on("client", (station) => {
  newest = station;
  for (const event of ["strictValidationFailure", "badMessage"])
    station.on(event, (detail) => say("complaint", { detail: String(detail.error ?? event) }));
  for (const [method, answer] of Object.entries(answers))
    station.handle(method, ({ params }) => {
      say("asked", { method, params });
      return answer(params);
    });
});

readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  const { method, params } = JSON.parse(line);
  if (!method) return newest.close();
  try {
    say("answered", { answer: await newest.call(method, params) });
  } catch (error) {
    error.rpcErrorCode ? say("answered", { answer: error.rpcErrorCode }) : say("complaint", { detail: String(error) });
  }
});

const pem = fs.readFileSync(options.cert);
const listener = https.createServer({ cert: pem, key: pem });
listener.on("upgrade", server.handleUpgrade);
listener.listen(0, "127.0.0.1", () => say("listening", { port: listener.address().port }));
