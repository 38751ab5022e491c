// Keeps the page's live part as the server sees it now, and says plainly when it cannot.
"use strict";

const SILENCE_MS = 40_000; // the server beats every 15 s
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 20_000;
const GRACE_MS = 1_500; // a server that starts again, or a click that leads elsewhere, is no news

const live = document.getElementById("live");
const lost = document.getElementById("lost");
const said = document.getElementById("said");

let source = null;
let timer = 0;
let telling = 0;
let pauseMs = FIRST_PAUSE_MS;
let heardAt = new Date();
let pressed = false;
let waiting = null;

function connect() {
  disconnect();
  source = new EventSource(live.dataset.live);
  source.addEventListener("fragment", (event) => { heard(); arrived(event.data); });
  source.addEventListener("beat", heard);
  source.addEventListener("over", () => location.reload());
  source.addEventListener("error", lose);
  timer = setTimeout(lose, SILENCE_MS);
}

function disconnect() {
  clearTimeout(timer);
  source?.close();
  source = null;
}

function heard() {
  heardAt = new Date();
  pauseMs = FIRST_PAUSE_MS;
  lost.hidden = true;
  live.classList.remove("stale");
  clearTimeout(telling);
  telling = 0;
  clearTimeout(timer);
  timer = setTimeout(lose, SILENCE_MS);
}

function lose() {
  disconnect();
  telling ||= setTimeout(tell, GRACE_MS);
  timer = setTimeout(retry, pauseMs);
  pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
}

function tell() {
  const time = heardAt.toLocaleTimeString(document.documentElement.lang, { hourCycle: "h23" });
  lost.textContent = lost.dataset.words.replace("{time}", time);
  lost.hidden = false;
  live.classList.add("stale");
}

// A stream that was refused does not say why: the page itself does, by leading to the sign-in.
async function retry() {
  const answer = await fetch(location.href, { method: "HEAD", redirect: "manual" }).catch(() => null);
  if (answer?.type === "opaqueredirect" || answer?.status === 403 || answer?.status === 404) location.reload();
  else if (answer?.ok) connect();
  else lose();
}

// What is being pressed stays where it is until it has been clicked.
function arrived(html) {
  if (pressed) waiting = html;
  else show(html);
}

function letGo() {
  pressed = false;
  if (waiting !== null) show(waiting);
  waiting = null;
}

function show(html) {
  const fresh = live.cloneNode(false);
  fresh.innerHTML = html;
  const focused = document.activeElement?.id;
  const unfolded = [...live.querySelectorAll("details[open]")].map((element) => element.id);
  const before = sayings();
  morph(live, fresh);
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
  const news = [...sayings()].filter(([id, words]) => words && before.get(id) !== words).map(([, words]) => words);
  if (news.length) said.textContent = news.join(". ");
}

function sayings() {
  return new Map([...live.querySelectorAll("[data-say]")].map((element) => [element.id, element.dataset.say]));
}

// Makes `old` like `fresh`, leaving alone what is the same, so that focus and half-made clicks survive.
function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType === Node.TEXT_NODE) { old.nodeValue = fresh.nodeValue; return; }
  copyAttributes(old, fresh);
  const [was, is] = [[...old.childNodes], [...fresh.childNodes]];
  if (was.length === is.length && was.every((node, place) => alike(node, is[place]))) {
    was.forEach((node, place) => morph(node, is[place]));
  } else {
    old.replaceChildren(...is);
  }
}

function alike(one, other) {
  return one.nodeName === other.nodeName && one.id === other.id;
}

function copyAttributes(old, fresh) {
  for (const name of old.getAttributeNames()) {
    if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const name of fresh.getAttributeNames()) old.setAttribute(name, fresh.getAttribute(name));
}

// A page nobody looks at needs no stream; browsers allow only a few of them.
document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
addEventListener("pointerdown", () => { pressed = true; });
for (const end of ["pointerup", "pointercancel", "blur"]) addEventListener(end, () => setTimeout(letGo));
addEventListener("pagehide", disconnect);
addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
if (!document.hidden) connect();
