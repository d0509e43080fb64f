// What the pages do beyond plain forms: load htmx where the host has none, ask before a press,
// show toasts, keep the focus and what was typed. Without this file every button still works.
(() => {
  "use strict";
  if (window.cxmc) return;
  window.cxmc = true;
  const told = document.querySelector("script[data-cxmc]").dataset;
  const inside = (node) => node instanceof Element && node.closest(".cxmc");
  const typed = new Map();

  // htmx, once, with nothing that needs eval, inline styles or the browser's storage.
  function bringHtmx() {
    if (window.htmx) return;
    const config = {
      allowEval: false, allowScriptTags: false, includeIndicatorStyles: false,
      selfRequestsOnly: true, historyCacheSize: 0, historyEnabled: false,
    };
    const meta = document.createElement("meta");
    meta.name = "htmx-config";
    meta.content = JSON.stringify(config);
    const script = document.createElement("script");
    script.src = told.htmx;
    script.onload = () => {
      // Loaded after the page was, htmx may have missed its own start.
      Object.assign(window.htmx.config, config);
      document.querySelectorAll(".cxmc").forEach((node) => window.htmx.process(node));
    };
    document.head.append(meta, script);
  }

  // A press that asks once; the answer is a button of the form. What is plainly wrong goes to the
  // server unasked, whose sentences stand beside the fields and stay there.
  function ask(event) {
    const button = inside(event.target) && event.target.closest("[data-cxmc-ask]");
    const dialog = button && document.getElementById(button.dataset.cxmcAsk);
    if (!dialog || !dialog.showModal) return;
    const date = button.hasAttribute("formaction") && button.form.elements.date;
    if (date) date.required = true;
    const fine = button.form.checkValidity();
    if (date) date.required = false;
    if (!fine) return;
    event.preventDefault();
    event.stopPropagation();
    const when = dialog.querySelector("[data-cxmc-when]");
    if (date) when.textContent = ` ${day(date.value)}, ${button.form.elements.time.value}`;
    dialog.showModal();
  }

  function day(iso) {
    const language = told.lang === "en" ? "en-GB" : told.lang;
    const written = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });
    return written.format(new Date(`${iso}T00:00Z`));
  }

  function press(event) {
    const node = event.target instanceof Element ? event.target : null;
    if (!node) return;
    if (node.closest("[data-cxmc-close]")) node.closest("dialog").close();
    const picked = node.closest("[data-cxmc-pick]");
    if (picked) pick(picked.closest("form"), picked.dataset.cxmcPick);
    if (node.matches("[data-cxmc-toasts] button")) node.parentElement.remove();
  }

  function submitted(event) {
    if (!inside(event.target)) return;
    const answer = event.submitter && event.submitter.name === "confirmed";
    const opens = event.target.dataset.cxmcOpen;
    if (answer && opens) window.open(opens, "cxmc-mailchimp");
  }

  // The pictures of the templates stand beside the list, never instead of it.
  function pick(form, id) {
    const select = form.elements.template_id;
    if (id !== undefined) select.value = id;
    form.querySelectorAll("[data-cxmc-pick]").forEach((one) => {
      one.classList.toggle("cxmc-chosen", one.dataset.cxmcPick === select.value);
    });
    remember(form);
  }

  // What was typed survives a look at the settings or fresh templates; a page reload forgets it.
  const kept = ["subject", "from_name", "from_email", "template_id", "date", "time", "test_to"];
  function remember(form) {
    typed.set(form.dataset.cxmcKeep, kept.map((name) => form.elements[name]?.value ?? ""));
  }

  // A template chosen while a search was under way is none of its answer: it comes back into the list.
  let chosen = null;
  function keep(list) {
    const gone = chosen && ![...list.options].some((one) => one.value === chosen.value);
    if (gone) list.add(chosen, 1);
  }

  function settle() {
    document.querySelectorAll("button[data-cxmc-plain]").forEach((button) => button.remove());
    document.querySelectorAll(".cxmc-thumbs[hidden]").forEach((list) => {
      list.hidden = false;
    });
    document.querySelectorAll("form[data-cxmc-keep]").forEach((form) => {
      const values = typed.get(form.dataset.cxmcKeep);
      if (values && !form.querySelector("[aria-invalid]")) {
        if (chosen) keep(form.elements.template_id);
        kept.forEach((name, n) => {
          if (form.elements[name]) form.elements[name].value = values[n];
        });
      }
      pick(form);
    });
    chosen = null;
  }

  // Focus follows what happened: the first wrong field, else the new heading.
  let held = false;
  let refused = false;
  function before(event) {
    const { target, xhr, requestConfig } = event.detail;
    if (!inside(target)) return;
    const asked = requestConfig.triggeringEvent;
    if (!asked && target.hasAttribute("data-cxmc-poll") && inUse(target)) {
      event.detail.shouldSwap = false; // begun before the field was in use; the next poll brings it
      return;
    }
    refused = xhr.status === 422;
    if ([401, 404, 409, 413, 422].includes(xhr.status)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
    chosen = target.id === "cxmc-choice" ? target.querySelector("option:checked") : null;
    held = target.contains(document.activeElement) && document.activeElement !== document.body;
  }

  function after() {
    settle();
    const wrong = document.querySelector(".cxmc [aria-invalid]");
    const lost = held && (!document.activeElement || document.activeElement === document.body);
    if (wrong && refused) wrong.focus();
    else if (lost) document.querySelector(".cxmc h2[tabindex]")?.focus({ preventScroll: true });
    held = refused = false;
  }

  // The question closes once htmx knows which button was pressed: it forgets it when focus leaves.
  function asked(event) {
    const form = inside(event.target) && event.target;
    if (form) form.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
  }

  // A hidden page asks seldom; an open question, or a field in use, is not swept away.
  function inUse(node) {
    return node.querySelector("dialog[open], input:focus, select:focus");
  }

  let last = 0;
  function poll(event) {
    const node = event.target;
    if (!(node instanceof Element) || !node.hasAttribute("data-cxmc-poll")) return;
    const soon = document.hidden && Date.now() - last < 15000;
    if (soon || inUse(node)) event.preventDefault();
    else last = Date.now();
  }

  function corner() {
    const found = document.querySelector("[data-cxmc-toasts]");
    if (found) return found;
    const made = document.createElement("div");
    made.className = "cxmc cxmc-toasts";
    made.lang = told.lang;
    made.setAttribute("role", "status");
    made.setAttribute("aria-live", "polite");
    made.dataset.cxmcToasts = "";
    document.body.append(made);
    return made;
  }

  function toast(text) {
    const corners = corner();
    if ([...corners.children].some((one) => one.dataset.said === text)) return;
    const shown = document.createElement("p");
    shown.className = "cxmc-toast";
    shown.dataset.said = text;
    shown.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.setAttribute("aria-label", told.close);
    close.textContent = "×";
    shown.append(close);
    corners.append(shown);
    fade(shown);
  }

  function fade(shown) {
    setTimeout(() => (shown.matches(":hover, :focus-within") ? fade(shown) : shown.remove()), 9000);
  }

  // A live region is heard only if it was there, empty, before something is said in it.
  function voice() {
    const found = document.getElementById("cxmc-voice");
    if (found) return found;
    const made = document.createElement("div");
    made.id = "cxmc-voice";
    made.lang = told.lang;
    made.className = "cxmc cxmc-unseen";
    made.setAttribute("role", "status");
    document.body.append(made);
    return made;
  }

  function say(text) {
    voice().textContent = text;
  }

  // Enter in a field that has a button of its own, or none, never means the form's first.
  function enter(event) {
    const own = event.key === "Enter" && inside(event.target) && event.target.dataset.cxmcEnter;
    if (typeof own !== "string") return;
    event.preventDefault();
    if (own) document.getElementById(own)?.click();
  }

  document.addEventListener("keydown", enter);
  document.addEventListener("click", ask, true);
  document.addEventListener("click", press);
  document.addEventListener("submit", submitted, true);
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.dataset.cxmcKeep) pick(form);
  });
  document.addEventListener("htmx:beforeRequest", poll);
  document.addEventListener("htmx:beforeSend", asked);
  document.addEventListener("htmx:beforeSwap", before);
  document.addEventListener("htmx:afterSettle", after);
  document.addEventListener("htmx:sendError", (event) => inside(event.target) && toast(told.lost));
  document.addEventListener("htmx:responseError", (event) => {
    // An answer that has a sentence of its own has said it by now.
    if (inside(event.target) && !event.detail.xhr.getResponseHeader("HX-Trigger")) toast(told.failed);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt: form, successful, pathInfo } = event.detail;
    const looked = pathInfo?.requestPath === form.dataset?.cxmcLook;
    if (successful && form.dataset?.cxmcKeep && !looked) typed.delete(form.dataset.cxmcKeep);
  });
  document.addEventListener("cx:toast", (event) => toast(event.detail.value));
  document.addEventListener("cx:say", (event) => say(event.detail.value));
  document.querySelectorAll("[data-cxmc-toasts] .cxmc-toast").forEach(fade);
  corner();
  voice();
  settle();
  bringHtmx();
})();
