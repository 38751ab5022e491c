// Takes the code from behind the # of the link, and out of the address bar.
"use strict";

const code = document.getElementById("code");
const given = location.hash.slice(1);

if (given) {
  code.value = given;
  document.getElementById("code-field").hidden = true;
  history.replaceState(null, "", location.pathname);
}
