// Enhancements only: every page works without this file.
"use strict";

// On a narrow screen, scroll the tabs and the menu to the current entry.
document.querySelectorAll(".tabs [aria-current], .side [aria-current]").forEach((current) => {
  current.scrollIntoView({ block: "nearest", inline: "center" });
});

// The checkbox in the head of the table selects all people of the page.
document.addEventListener("change", (event) => {
  const selectPage = event.target.closest("[data-tick-page]");
  const boxes = document.querySelectorAll('input[name="person"][form="pick"]');
  if (selectPage) {
    boxes.forEach((box) => { box.checked = selectPage.checked; });
  } else if (event.target.matches('input[name="person"]')) {
    const head = document.querySelector("[data-tick-page]");
    const selected = [...boxes].filter((box) => box.checked).length;
    head.checked = selected === boxes.length;
    head.indeterminate = selected > 0 && selected < boxes.length;
  }
});

// “Add to campaign” opens the dialog of its page here, instead of leaving the list.
document.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (!button || !button.matches("[data-dialog]")) return;
  event.preventDefault();
  const menu = button.closest("[popover]");
  const url = new URL(event.target.action);
  url.search = new URLSearchParams(new FormData(event.target));
  try {
    const response = await fetch(url, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const dialog = page.querySelector("dialog");
    if (!response.ok || !dialog) throw new Error(response.status);
    if (menu) menu.hidePopover();
    openDialog(document.importNode(dialog, true));
  } catch {
    location.assign(url);
  }
});

function openDialog(dialog) {
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
