// Enhancements only: every page works without this file.
"use strict";

// On a narrow screen the row of tabs and the menu show where one is.
document.querySelectorAll(".tabs [aria-current], .side [aria-current]").forEach((here) => {
  here.scrollIntoView({ block: "nearest", inline: "center" });
});

// The box in the table's head ticks the page.
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-tick-page]");
  const boxes = document.querySelectorAll('input[name="person"][form="pick"]');
  if (all) boxes.forEach((box) => { box.checked = all.checked; });
  else if (event.target.matches('input[name="person"]')) {
    const head = document.querySelector("[data-tick-page]");
    const ticked = [...boxes].filter((box) => box.checked).length;
    head.checked = ticked === boxes.length;
    head.indeterminate = ticked > 0 && ticked < boxes.length;
  }
});

// “Add to campaign” opens its page's dialog here instead of leaving the list.
document.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (!button || !button.matches("[data-dialog]")) return;
  event.preventDefault();
  const menu = button.closest("[popover]");
  const asked = new URL(event.target.action);
  asked.search = new URLSearchParams(new FormData(event.target));
  try {
    const answer = await fetch(asked, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const dialog = page.querySelector("dialog");
    if (!answer.ok || !dialog) throw new Error(answer.status);
    if (menu) menu.hidePopover();
    open(document.importNode(dialog, true));
  } catch {
    location.assign(asked);
  }
});

function open(dialog) {
  dialog.removeAttribute("open");
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (!event.target.closest("[data-close]")) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.showModal();
}
