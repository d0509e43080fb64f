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

  // A browser without <dialog> gets the server's confirmation page.
  function confirmPress(event) {
    const button = isOurs(event.target) && event.target.closest("[data-cxmc-confirm]");
    const dialog = button && document.getElementById(button.dataset.cxmcConfirm);
    if (!dialog || !dialog.showModal) return;
    event.preventDefault();
    event.stopPropagation();
    dialog.showModal();
  }

  // The question about a form comes from the server, which has checked the form.
  function openDialog() {
    const dialog = document.querySelector(".cxmc dialog[data-cxmc-open]");
    if (!dialog) return;
    delete dialog.dataset.cxmcOpen;
    if (dialog.showModal) dialog.showModal();
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
    const tag = node.closest("[data-cxmc-insert]");
    if (tag) insertTag(tag);
    const thumbnail = node.closest("[data-cxmc-template]");
    if (thumbnail) selectTemplate(thumbnail.closest("form"), thumbnail.dataset.cxmcTemplate);
    if (node.matches("[data-cxmc-toasts] button")) node.parentElement.remove();
  }

  // ---- The form saves itself: a second after the typing stops, and when the page is left ----

  const fieldNames = [
    "subject", "preview_text", "from_name", "from_email", "template_id", "date", "time", "test_to", "send_anyway",
  ];
  const isTyped = ({ name }) => fieldNames.includes(name) || name.startsWith("region:");
  const propertyOf = (field) => (field.type === "checkbox" ? "checked" : "value");
  const getDraftForm = () => document.querySelector("form[data-cxmc-draft]");
  let unsavedForm = null;
  let saveTimer = 0;
  let runningSave = null;

  function saveLater(form) {
    unsavedForm = form;
    clearTimeout(saveTimer);
    saveTimer = setTimeout(saveDraft, 1000);
  }

  // One save at a time, so that an older text never replaces a newer one.
  async function saveDraft() {
    clearTimeout(saveTimer);
    if (runningSave) await runningSave;
    if (!unsavedForm) return;
    runningSave = postDraft(unsavedForm);
    await runningSave;
    runningSave = null;
  }

  async function postDraft(form) {
    unsavedForm = null;
    const body = new URLSearchParams(new FormData(form));
    body.set("automatic", "yes");
    const headers = { "HX-Request": "true" };
    try {
      const url = form.dataset.cxmcDraftUrl;
      const answer = await fetch(url, { method: "POST", body, headers, keepalive: true });
      await showSaved(form, answer);
    } catch {
      showUnsaved(form, settings.unsavedText);
    }
  }

  async function showSaved(form, answer) {
    if (answer.status === 401 || answer.redirected) showLoggedOut(form, settings.unsavedText);
    else if (answer.status === 400) await showOutdated(form, settings.unsavedText);
    else if ([200, 409, 422].includes(answer.status)) await replaceDraftStatus(form, answer);
    else showUnsaved(form, settings.unsavedText);
  }

  async function replaceDraftStatus(form, answer) {
    const status = form.querySelector("#cxmc-draft-status");
    const html = await answer.text();
    if (!status || !html.includes("cxmc-draft-status")) return;
    status.outerHTML = html;
    window.htmx?.process(form.querySelector("#cxmc-draft-status"));
    if (answer.ok && form.querySelector("[data-cxmc-unsaved]")) clearPressProblem(form);
  }

  function showUnsaved(form, text) {
    if (!unsavedForm && form.isConnected) unsavedForm = form;
    showPressProblem(form, text).dataset.cxmcUnsaved = "";
  }

  function saveNow() {
    if (unsavedForm) saveDraft();
  }

  // The browser completes this request after the page is gone; there is no time to wait for another one.
  function saveOnLeave() {
    if (unsavedForm?.isConnected) postDraft(unsavedForm);
  }

  // A press takes the form away: what was typed is saved before.
  function saveBeforePress(event) {
    const { elt, issueRequest } = event.detail;
    if (!isOurs(elt) || !isPress(elt) || (!unsavedForm && !runningSave)) return;
    event.preventDefault();
    const patience = new Promise((resolve) => setTimeout(resolve, 3000));
    Promise.race([saveDraft(), patience]).then(() => issueRequest(true));
  }

  // ---- Subject and preview text: how long they are, and merge tags where the cursor was ----

  function countCharacters(field) {
    const counter = field.closest(".cxmc-field").querySelector(".cxmc-counter");
    const length = [...field.value.trim()].length;
    counter.textContent = `${length}/${field.dataset.cxmcCount}`;
    counter.classList.toggle("cxmc-over", length > Number(field.dataset.cxmcCount));
  }

  let lastCounted = null;

  function insertTag(button) {
    const form = button.closest("form");
    const field = lastCounted?.form === form ? lastCounted : form.elements.subject;
    field.setRangeText(button.dataset.cxmcInsert, field.selectionStart, field.selectionEnd, "end");
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // ---- A press that did not arrive: said beside the buttons, until the next one succeeds ----

  const isPress = (node) => node.matches("form, button, a") && !node.hasAttribute("data-cxmc-poll");

  function getProblemPlace(node) {
    const inForm = node.closest("form[data-cxmc-draft]")?.querySelector("[data-cxmc-press-problem]");
    const panel = node.closest("section.cxmc");
    return inForm || panel?.querySelector(":scope > [data-cxmc-press-problem]");
  }

  function addProblemPlace(node) {
    const place = document.createElement("div");
    place.dataset.cxmcPressProblem = "";
    node.closest("section.cxmc")?.prepend(place);
    return place;
  }

  function showPressProblem(node, text) {
    const notice = document.createElement("div");
    notice.className = "cxmc-notice cxmc-bad";
    notice.setAttribute("role", "alert");
    const message = document.createElement("p");
    message.textContent = text;
    notice.append(message);
    if (node.isConnected) (getProblemPlace(node) || addProblemPlace(node)).replaceChildren(notice);
    return notice;
  }

  function clearPressProblem(node) {
    getProblemPlace(node)?.replaceChildren();
  }

  function handleNoAnswer(event) {
    const { elt, requestConfig } = event.detail;
    if (!isOurs(elt)) return;
    if (!isPress(elt)) {
      if (elt.hasAttribute("data-cxmc-poll")) showToast(settings.unreachableText);
      return;
    }
    const isForm = elt.closest("form[data-cxmc-draft]");
    const mayHaveArrived = navigator.onLine && (!isForm || requestConfig.parameters.confirmed === "yes");
    const text = isForm ? settings.offlineText : settings.notDoneText;
    showPressProblem(elt, mayHaveArrived ? settings.uncertainText : text);
  }

  // An answer with a message of its own has shown it as a toast by now, which does not stay.
  function handleRefusal(event) {
    const { elt, xhr } = event.detail;
    if (!isOurs(elt)) return;
    const form = elt.closest("form[data-cxmc-draft]");
    if (form && isPress(elt) && xhr.status === 400) {
      showOutdated(form, settings.notSentText);
      return;
    }
    const trigger = xhr.getResponseHeader("HX-Trigger");
    const text = trigger ? JSON.parse(trigger)["cxmc:toast"] : settings.failedText;
    if (isPress(elt) && text) showPressProblem(elt, text);
    else if (!trigger) showToast(text);
  }

  // The host's login leads back to this page. What was typed waits in this browser tab meanwhile.
  function showLoggedOut(form, text) {
    showLinkToForm(form, `${text} ${settings.loggedOutText}`, settings.loginText);
  }

  // The token of the form is not valid any more: nobody is logged in, or somebody is, but anew.
  async function showOutdated(form, text) {
    keepTyped(form);
    const headers = { "HX-Request": "true" };
    const answer = await fetch(form.dataset.cxmcFormUrl, { headers }).catch(() => null);
    if (answer?.ok && !answer.redirected) {
      showLinkToForm(form, `${text} ${settings.outdatedText}`, settings.reopenText);
    } else showLoggedOut(form, text);
  }

  function showLinkToForm(form, text, linkText) {
    keepTyped(form);
    const link = document.createElement("a");
    link.href = location.href.split("#")[0];
    link.textContent = linkText;
    showPressProblem(form, `${text} `).firstChild.append(link);
  }

  const TYPED = "cxmc-typed";

  function keepTyped(form) {
    const { cxmcDraft: campaign, cxmcUser: user } = form.dataset;
    const values = [...form.elements].filter(isTyped).map((field) => [field.name, field[propertyOf(field)]]);
    const version = form.elements.draft_version.value;
    try {
      sessionStorage.setItem(TYPED, JSON.stringify({ campaign, user, values, version }));
    } catch { /* the browser keeps nothing; the form stays as it is until the page is left */ }
  }

  // Only for the same user: somebody else may have logged in.
  function restoreTyped(form) {
    let typed = null;
    try {
      typed = JSON.parse(sessionStorage.getItem(TYPED));
    } catch { /* nothing is kept */ }
    if (!typed || typed.campaign !== form.dataset.cxmcDraft) return;
    sessionStorage.removeItem(TYPED);
    if (typed.user !== form.dataset.cxmcUser) return;
    typed.values.forEach(([name, value]) => {
      const field = form.elements[name];
      if (field) field[propertyOf(field)] = value;
    });
    form.elements.draft_version.value = typed.version;
    unsavedForm = form;
    saveDraft();
  }

  // Marks the thumbnail of the selected template. Thumbnails repeat the list, they do not replace it.
  function selectTemplate(form, id) {
    const select = form.elements.template_id;
    if (id !== undefined) select.value = id;
    form.querySelectorAll("[data-cxmc-template]").forEach((thumbnail) => {
      thumbnail.classList.toggle("cxmc-selected", thumbnail.dataset.cxmcTemplate === select.value);
    });
    if (id !== undefined) saveLater(form);
  }

  // A template that was selected while a search was running may be missing from its results.
  let selectedOption = null;
  function keepOption(select) {
    const isListed = [...select.options].some((option) => option.value === selectedOption.value);
    if (!isListed) select.add(selectedOption, 1);
    select.value = selectedOption.value;
  }

  // Brings new content up to date, on page load and after every swap.
  function initContent() {
    openDialog();
    document.querySelectorAll("button[data-cxmc-without-script]").forEach((button) => button.remove());
    document.querySelectorAll(".cxmc-thumbnails[hidden]").forEach((list) => {
      list.hidden = false;
    });
    const form = getDraftForm();
    if (form) {
      if (selectedOption) keepOption(form.elements.template_id);
      restoreTyped(form);
      form.querySelectorAll("[data-cxmc-count]").forEach(countCharacters);
      selectTemplate(form);
    }
    selectedOption = null;
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

  // Replacing the form would lose what was typed. A guard of the host may answer with its login page.
  function showLoggedOutInForm(detail) {
    const { elt, xhr, pathInfo } = detail;
    const form = elt.closest("form[data-cxmc-draft]");
    const isElsewhere = !new URL(xhr.responseURL, location.href).pathname.startsWith(
      new URL(pathInfo.requestPath, location.href).pathname,
    );
    if (!form || (xhr.status !== 401 && !isElsewhere)) return false;
    detail.shouldSwap = false;
    detail.isError = false;
    showLoggedOut(form, settings.notSentText);
    return true;
  }

  // ---- Errors disappear with their cause ----

  function clearError(field) {
    const ids = field.getAttribute("aria-describedby") || "";
    field.removeAttribute("aria-invalid");
    ids.split(" ").filter((id) => id.endsWith("-error")).forEach((id) => document.getElementById(id)?.remove());
  }

  // Date and time share one error.
  function clearErrorsOf(field) {
    const names = ["date", "time"].includes(field.name) ? ["date", "time"] : [field.name];
    names.forEach((name) => clearError(field.form.elements[name]));
  }

  function clearErrorsAfterSuccess(event) {
    const { elt, successful } = event.detail;
    if (!successful || !isOurs(elt) || !isPress(elt)) return;
    clearPressProblem(elt);
    elt.closest("form[data-cxmc-draft]")?.querySelectorAll("[aria-invalid]").forEach(clearError);
  }

  function beforeSwap(event) {
    const { target, xhr, requestConfig } = event.detail;
    if (!isOurs(target)) return;
    if (showLoggedOutInForm(event.detail)) return;
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
    if (!form?.dataset.cxmcDraft) return;
    if (event.target.hasAttribute("aria-invalid")) clearErrorsOf(event.target);
    if (event.target.dataset.cxmcCount) countCharacters(event.target);
    selectTemplate(form);
    saveLater(form);
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.dataset?.cxmcCount) lastCounted = event.target;
  });
  document.addEventListener("htmx:beforeRequest", beforePoll);
  document.addEventListener("htmx:beforeSend", closeDialogs);
  document.addEventListener("htmx:beforeSwap", beforeSwap);
  document.addEventListener("htmx:afterSettle", afterSettle);
  document.addEventListener("htmx:afterRequest", clearErrorsAfterSuccess);
  document.addEventListener("htmx:confirm", saveBeforePress);
  document.addEventListener("htmx:sendError", handleNoAnswer);
  document.addEventListener("htmx:responseError", handleRefusal);
  document.addEventListener("visibilitychange", () => document.hidden && saveNow());
  window.addEventListener("pagehide", saveOnLeave);
  window.addEventListener("online", saveNow);
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
