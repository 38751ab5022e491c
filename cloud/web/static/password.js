// Takes the code from behind the # of the link, and out of the address bar; it is kept for another try in this tab.
"use strict";

const KEPT = "password-code";
const code = document.getElementById("choose-code");
const refused = document.getElementById("choose-code-problem");
const given = location.hash.slice(1) || (!refused && sessionStorage.getItem(KEPT));

if (given) {
  code.value = given;
  code.hidden = true;
  document.querySelector("label[for=choose-code]").hidden = true;
  sessionStorage.setItem(KEPT, given);
  history.replaceState(null, "", location.pathname);
}
