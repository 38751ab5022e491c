// Prices the tariff as it is being typed, and says at each field what is wrong with it.
"use strict";

const PAUSE_MS = 250;
const form = document.getElementById("tariff-form");
const preview = document.getElementById("preview");
let timer = 0;
let asked = 0;

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE_MS);
});

// What was typed before this ran, or kept by the browser on the way back.
if ([...form.querySelectorAll("input")].some((field) => field.value !== field.defaultValue)) ask();

async function ask() {
  const mine = (asked += 1);
  const draft = new URLSearchParams(new FormData(form));
  const answer = await fetch("/tariffs/preview", { method: "POST", body: draft }).catch(() => null);
  if (mine !== asked || !answer?.ok || answer.redirected) return;
  preview.innerHTML = await answer.text();
  tell(new Map([...preview.querySelectorAll("[data-field]")].map((one) => [one.dataset.field, one.textContent])));
}

function tell(problems) {
  for (const slot of form.querySelectorAll(".problem[data-for]")) {
    const name = slot.dataset.for;
    slot.textContent = problems.get(name) ?? "";
    document.getElementById(name)?.toggleAttribute("aria-invalid", problems.has(name));
  }
}
