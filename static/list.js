// The lists of people: selecting them, and what is done with the selection. Every page works without this file.
"use strict";

// The checkbox in the head of the table selects all people of the page.
function boxesOfPage() {
  return [...document.querySelectorAll('input[type="checkbox"][name="person"]')];
}

function showHead() {
  const head = document.querySelector("[data-tick-page]");
  const boxes = boxesOfPage();
  const selected = boxes.filter((box) => box.checked).length;
  if (!head) return; // nobody matches the search
  head.checked = selected === boxes.length;
  head.indeterminate = selected > 0 && selected < boxes.length;
}

document.addEventListener("change", (event) => {
  const selectPage = event.target.closest("[data-tick-page]");
  if (selectPage) boxesOfPage().forEach((box) => { box.checked = selectPage.checked; });
  else if (event.target.matches('input[name="person"]')) showHead();
});

// Whoever is selected in a list stays selected on its other pages and in its searches, until they are added to
// a campaign. Their number is shown beside “Action”.
const selection = document.querySelector("[data-selection]");
const selectionKey = `selected:${location.pathname}`;

function selectedIds() {
  return new Set(JSON.parse(sessionStorage.getItem(selectionKey) || "[]"));
}

function storeSelection(ids) {
  sessionStorage.setItem(selectionKey, JSON.stringify([...ids]));
  showSelection();
}

function showSelection() {
  const form = document.getElementById("pick");
  const elsewhere = selectedIds();
  selection.hidden = elsewhere.size === 0;
  selection.querySelector("b").textContent = elsewhere.size;
  boxesOfPage().forEach((box) => { box.checked = elsewhere.delete(box.value); });
  showHead();
  form.querySelectorAll('input[name="person"]').forEach((input) => input.remove());
  elsewhere.forEach((id) => {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name: "person", value: id });
    form.append(input);
  });
}

// What was carried out ends the selection. Pressed twice, a button still acts once.
function endSelection(event) {
  const form = event.target;
  const isDialog = event.submitter?.matches("[data-dialog]");
  if (isDialog || form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  sessionStorage.removeItem(selectionKey);
}

if (selection) {
  document.addEventListener("change", () => {
    const ids = selectedIds();
    boxesOfPage().forEach((box) => {
      if (box.checked) ids.add(box.value);
      else ids.delete(box.value);
    });
    storeSelection(ids);
  });
  selection.querySelector("button").addEventListener("click", () => storeSelection([]));
  document.addEventListener("submit", endSelection);
  // Also when the browser goes back to a page that it kept.
  addEventListener("pageshow", () => {
    showSelection();
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });
}

// “Add to campaign” opens the dialog of its page here, instead of leaving the list.
document.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (!button || !button.matches("[data-dialog]")) return;
  event.preventDefault();
  const menu = button.closest("[popover]");
  const { action, method } = event.target;
  const body = new URLSearchParams(new FormData(event.target));
  try {
    const response = await fetch(action, { method, body, credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const dialog = page.querySelector("dialog");
    if (!response.ok || !dialog) throw new Error(response.status);
    if (menu) menu.hidePopover();
    openDialog(document.importNode(dialog, true));
  } catch {
    event.target.submit();
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
