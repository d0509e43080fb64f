// Enhancements only: every page works without this file.
"use strict";

// On a narrow screen, scroll the tabs and the menu to the current entry.
document.querySelectorAll(".tabs [aria-current], .side [aria-current]").forEach((current) => {
  current.scrollIntoView({ block: "nearest", inline: "center" });
});

// Whoever logs in next in this tab does not find the selection.
if (document.querySelector('input[type="password"]')) {
  Object.keys(sessionStorage)
    .filter((key) => key.startsWith("selected:"))
    .forEach((key) => sessionStorage.removeItem(key));
}
