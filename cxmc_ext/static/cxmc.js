// What the pages do beyond plain forms: load htmx where the host does not, ask for confirmation,
// show toasts, and keep the focus and what was typed. Without this file every button still works.
(() => {
  "use strict";
  if (window.cxmc) return;
  window.cxmc = true;
  const settings = document.querySelector("script[data-cxmc]").dataset;
  const isOurs = (node) => node instanceof Element && node.closest(".cxmc");

  // ---- htmx: loaded once, without anything that needs eval, inline styles or browser storage ----

  function loadHtmx() {
    if (window.htmx) return;
    const config = {
      allowEval: false, allowScriptTags: false, includeIndicatorStyles: false,
      selfRequestsOnly: true, historyCacheSize: 0, historyEnabled: false,
    };
    const meta = document.createElement("meta");
    meta.name = "htmx-config";
    meta.content = JSON.stringify(config);
    const script = document.createElement("script");
    script.src = settings.htmxUrl;
    script.onload = () => {
      // htmx may have missed the page's load event, on which it starts by itself.
      Object.assign(window.htmx.config, config);
      document.querySelectorAll(".cxmc").forEach((node) => window.htmx.process(node));
    };
    document.head.append(meta, script);
  }

  // ---- Confirmation dialogs ----

  // An invalid form is submitted without the dialog, so that the server's messages appear beside
  // the fields. A browser without <dialog> gets the server's confirmation page.
  function confirmPress(event) {
    const button = isOurs(event.target) && event.target.closest("[data-cxmc-confirm]");
    const dialog = button && document.getElementById(button.dataset.cxmcConfirm);
    if (!dialog || !dialog.showModal) return;
    const date = button.hasAttribute("formaction") && button.form.elements.date;
    if (date) date.required = true;
    const isValid = button.form.checkValidity();
    if (date) date.required = false;
    if (!isValid) return;
    event.preventDefault();
    event.stopPropagation();
    const scheduleTime = dialog.querySelector("[data-cxmc-schedule-time]");
    if (date) scheduleTime.textContent = ` ${formatDate(date.value)}, ${button.form.elements.time.value}`;
    dialog.showModal();
  }

  function formatDate(isoDate) {
    const language = settings.lang === "en" ? "en-GB" : settings.lang;
    const format = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });
    return format.format(new Date(`${isoDate}T00:00Z`));
  }

  // Not closed before the request starts: htmx forgets the pressed button when the focus moves.
  function closeDialogs(event) {
    const form = isOurs(event.target) && event.target;
    if (form) form.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
  }

  function openMailChimp(event) {
    if (!isOurs(event.target)) return;
    const isConfirmed = event.submitter && event.submitter.name === "confirmed";
    const url = event.target.dataset.cxmcOpenUrl;
    if (isConfirmed && url) window.open(url, "cxmc-mailchimp");
  }

  function handleClick(event) {
    const node = event.target instanceof Element ? event.target : null;
    if (!node) return;
    if (node.closest("[data-cxmc-close]")) node.closest("dialog").close();
    const thumbnail = node.closest("[data-cxmc-template]");
    if (thumbnail) selectTemplate(thumbnail.closest("form"), thumbnail.dataset.cxmcTemplate);
    if (node.matches("[data-cxmc-toasts] button")) node.parentElement.remove();
  }

  // ---- The form: what was typed survives a visit to the settings; a page reload forgets it ----

  const fieldNames = [
    "subject", "from_name", "from_email", "template_id", "date", "time", "test_to", "send_anyway",
  ];
  const propertyOf = (field) => (field.type === "checkbox" ? "checked" : "value");
  const drafts = new Map();

  function saveDraft(form) {
    const values = fieldNames.map((name) => {
      const field = form.elements[name];
      return field ? field[propertyOf(field)] : "";
    });
    drafts.set(form.dataset.cxmcDraft, values);
  }

  function restoreDraft(form) {
    const values = drafts.get(form.dataset.cxmcDraft);
    if (!values || form.querySelector("[aria-invalid]")) return;
    if (selectedOption) keepOption(form.elements.template_id);
    fieldNames.forEach((name, i) => {
      const field = form.elements[name];
      if (field) field[propertyOf(field)] = values[i];
    });
  }

  // Marks the thumbnail of the selected template. Thumbnails repeat the list, they do not replace it.
  function selectTemplate(form, id) {
    const select = form.elements.template_id;
    if (id !== undefined) select.value = id;
    form.querySelectorAll("[data-cxmc-template]").forEach((thumbnail) => {
      thumbnail.classList.toggle("cxmc-selected", thumbnail.dataset.cxmcTemplate === select.value);
    });
    saveDraft(form);
  }

  // A template that was selected while a search was running may be missing from its results.
  let selectedOption = null;
  function keepOption(select) {
    const isListed = [...select.options].some((option) => option.value === selectedOption.value);
    if (!isListed) select.add(selectedOption, 1);
  }

  // Brings new content up to date, on page load and after every swap.
  function initContent() {
    document.querySelectorAll("button[data-cxmc-without-script]").forEach((button) => button.remove());
    document.querySelectorAll(".cxmc-thumbnails[hidden]").forEach((list) => {
      list.hidden = false;
    });
    document.querySelectorAll("form[data-cxmc-draft]").forEach((form) => {
      restoreDraft(form);
      selectTemplate(form);
    });
    selectedOption = null;
  }

  function forgetSentDraft(event) {
    const { elt: form, successful, pathInfo } = event.detail;
    const isPreview = pathInfo?.requestPath === form.dataset?.cxmcPreviewUrl;
    if (successful && form.dataset?.cxmcDraft && !isPreview) drafts.delete(form.dataset.cxmcDraft);
  }

  // Enter in a field with its own button presses that button; with none, it does nothing. Otherwise
  // the browser would press the first button of the form.
  function handleEnter(event) {
    const buttonId = event.key === "Enter" && isOurs(event.target) && event.target.dataset.cxmcEnterButton;
    if (typeof buttonId !== "string") return;
    event.preventDefault();
    if (buttonId) document.getElementById(buttonId)?.click();
  }

  // ---- Swaps: the focus moves to the first invalid field, else to the new heading ----

  let hadFocus = false;
  let wasRefused = false;

  function beforeSwap(event) {
    const { target, xhr, requestConfig } = event.detail;
    if (!isOurs(target)) return;
    const isPoll = !requestConfig.triggeringEvent && target.hasAttribute("data-cxmc-poll");
    if (isPoll && isInUse(target)) {
      event.detail.shouldSwap = false; // the poll began before the field was in use; the next one swaps
      return;
    }
    wasRefused = xhr.status === 422;
    if ([401, 404, 409, 413, 422].includes(xhr.status)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
    const isSearch = target.id === "cxmc-template-choices";
    selectedOption = isSearch ? target.querySelector("option:checked") : null;
    hadFocus = target.contains(document.activeElement) && document.activeElement !== document.body;
  }

  function afterSettle() {
    initContent();
    const invalidField = document.querySelector(".cxmc [aria-invalid]");
    const lostFocus = hadFocus && (!document.activeElement || document.activeElement === document.body);
    if (invalidField && wasRefused) invalidField.focus();
    else if (lostFocus) document.querySelector(".cxmc h2[tabindex]")?.focus({ preventScroll: true });
    hadFocus = wasRefused = false;
  }

  // ---- Polling: rarely in a hidden page, and never over an open dialog or a field in use ----

  function isInUse(node) {
    return node.querySelector("dialog[open], input:focus, select:focus");
  }

  let lastPollAt = 0;
  function beforePoll(event) {
    const node = event.target;
    if (!(node instanceof Element) || !node.hasAttribute("data-cxmc-poll")) return;
    const isTooSoon = document.hidden && Date.now() - lastPollAt < 15000;
    if (isTooSoon || isInUse(node)) event.preventDefault();
    else lastPollAt = Date.now();
  }

  // ---- Toasts, and the live region for screen readers ----

  // A live region is announced only if it existed, empty, before its text changed.
  function getLiveRegion(selector, create) {
    const existing = document.querySelector(selector);
    if (existing) return existing;
    const region = document.createElement("div");
    region.lang = settings.lang;
    region.setAttribute("role", "status");
    create(region);
    document.body.append(region);
    return region;
  }

  function getToasts() {
    return getLiveRegion("[data-cxmc-toasts]", (region) => {
      region.className = "cxmc cxmc-toasts";
      region.setAttribute("aria-live", "polite");
      region.dataset.cxmcToasts = "";
    });
  }

  function getAnnouncer() {
    return getLiveRegion("#cxmc-announcer", (region) => {
      region.id = "cxmc-announcer";
      region.className = "cxmc cxmc-visually-hidden";
    });
  }

  function showToast(text) {
    const toasts = getToasts();
    if ([...toasts.children].some((toast) => toast.dataset.text === text)) return;
    const toast = document.createElement("p");
    toast.className = "cxmc-toast";
    toast.dataset.text = text;
    toast.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.setAttribute("aria-label", settings.closeText);
    close.textContent = "×";
    toast.append(close);
    toasts.append(toast);
    removeLater(toast);
  }

  function removeLater(toast) {
    const removeOrWait = () =>
      toast.matches(":hover, :focus-within") ? removeLater(toast) : toast.remove();
    setTimeout(removeOrWait, 9000);
  }

  document.addEventListener("keydown", handleEnter);
  document.addEventListener("click", confirmPress, true);
  document.addEventListener("click", handleClick);
  document.addEventListener("submit", openMailChimp, true);
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.dataset.cxmcDraft) selectTemplate(form);
  });
  document.addEventListener("htmx:beforeRequest", beforePoll);
  document.addEventListener("htmx:beforeSend", closeDialogs);
  document.addEventListener("htmx:beforeSwap", beforeSwap);
  document.addEventListener("htmx:afterSettle", afterSettle);
  document.addEventListener("htmx:afterRequest", forgetSentDraft);
  document.addEventListener("htmx:sendError", (event) => {
    if (isOurs(event.target)) showToast(settings.unreachableText);
  });
  document.addEventListener("htmx:responseError", (event) => {
    // An answer with a message of its own has shown it by now.
    const hasMessage = event.detail.xhr.getResponseHeader("HX-Trigger");
    if (isOurs(event.target) && !hasMessage) showToast(settings.failedText);
  });
  document.addEventListener("cxmc:toast", (event) => showToast(event.detail.value));
  document.addEventListener("cxmc:announce", (event) => {
    getAnnouncer().textContent = event.detail.value;
  });
  document.querySelectorAll("[data-cxmc-toasts] .cxmc-toast").forEach(removeLater);
  getToasts();
  getAnnouncer();
  initContent();
  // A link to one of our fields, such as “…/mailchimp#cxmc-subject”, also puts the focus in it.
  const linkedField = document.getElementById(location.hash.slice(1));
  if (isOurs(linkedField) && linkedField.matches("input, select")) linkedField.focus();
  loadHtmx();
})();
