// What keeps a page up to date. All of it can be read without: this only saves reloading. The token, where one is
// needed, is in the variable below and nowhere else, so that it is gone with the page.
"use strict";

let token = null;
let pending = null;
let opening = 0;
let drawn = document.getElementById("form-revision")?.dataset.revision;

const authorized = (headers) => (token ? { ...headers, Authorization: `Bearer ${token}` } : headers);

const fetchPage = (url, signal) => fetch(url, { signal, headers: authorized({ Accept: "text/html" }) });

const parse = async (response) => new DOMParser().parseFromString(await response.text(), "text/html");

// Put another page in the place of this one: only where a token is needed, which no link would send.
async function open(url, { remember = true } = {}) {
  const number = ++opening;
  const page = await parse(await fetchPage(url));
  if (number !== opening) return; // another one was asked for meanwhile
  pending?.abort(); // what is new of the page before comes too late
  document.title = page.title;
  document.body.replaceWith(page.body);
  if (remember) history.pushState(null, "", url);
  drawn = document.getElementById("form-revision")?.dataset.revision;
  document.dispatchEvent(new Event("page"));
  document.getElementById("content").focus();
  rest();
  follow();
}

const listParts = (page) => [...page.querySelectorAll("[data-live]")].map((part) => part.id).join();

// Replace the parts that tell of the service, if they differ. What somebody typed, opened or focused stays as it is,
// unless the page has other parts by now: that of a type which is offered since, or not any more.
function update(page) {
  if (listParts(document) !== listParts(page)) {
    const content = document.getElementById("content");
    const focused = content.contains(document.activeElement);
    document.title = page.title;
    content.replaceWith(page.getElementById("content"));
    drawn = document.getElementById("form-revision")?.dataset.revision;
    document.dispatchEvent(new Event("page"));
    if (focused) document.getElementById("content").focus();
    return;
  }
  for (const fresh of page.querySelectorAll("[data-live]")) {
    const shown = document.getElementById(fresh.id);
    if (!shown || shown.outerHTML === fresh.outerHTML) continue;
    const focused = shown.contains(document.activeElement) ? document.activeElement : null;
    for (const part of shown.querySelectorAll("details[id][open]")) fresh.querySelector(`#${CSS.escape(part.id)}`)?.setAttribute("open", "");
    shown.replaceWith(fresh);
    if (focused) (focused.id ? document.getElementById(focused.id) : fresh.querySelector(`a[href="${CSS.escape(focused.getAttribute("href") ?? "")}"]`))?.focus();
  }
  document.title = page.title;
  const revision = document.getElementById("form-revision")?.dataset.revision;
  if (drawn !== revision) document.getElementById("form-changed").hidden = false;
}

// What a type that is gone has instead is shown as well. Nothing is said of a request that fails: what follows tells so.
async function refresh() {
  pending?.abort();
  const { signal } = (pending = new AbortController());
  const page = await fetchPage(location.href, signal)
    .then((response) => (response.ok || response.status === 404 ? parse(response) : null))
    .catch(() => null);
  if (page && !signal.aborted) update(page);
}

// What changes is told by the service; a page that nobody looks at does not ask, for browsers have few connections.
let following = null;

async function follow() {
  if (following || document.hidden || !document.querySelector("[data-live]")) return;
  document.documentElement.classList.add("live");
  const { signal } = (following = new AbortController());
  for (let wait = 1000; !signal.aborted; wait = Math.min(2 * wait, 30000)) {
    try {
      const url = new URL("catalogue/events", new URL(document.body.dataset.root, location.href));
      const response = await fetch(url, { signal, headers: authorized({ Accept: "text/event-stream" }) });
      if (!response.ok) throw new Error(response.statusText);
      show("good", "Live");
      wait = 500;
      const events = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = "", part = await events.read(); !part.done; part = await events.read()) {
        const blocks = (text + part.value).split("\n\n");
        text = blocks.pop();
        // A little apart, so that not all who look ask in the same moment.
        if (blocks.some((block) => block.includes("event: "))) setTimeout(refresh, 100 * Math.random());
      }
    } catch (error) {
      if (signal.aborted) return;
    }
    show("warn", "Not live; connecting again");
    await new Promise((resolve) => setTimeout(resolve, wait * (1 + Math.random())));
  }
}

function show(tone, text) {
  const place = document.getElementById("connection");
  place.className = `connection ${tone}`;
  if (place.textContent !== text) place.textContent = text;
}

function rest() {
  following?.abort();
  following = null;
}

document.addEventListener("visibilitychange", () => (document.hidden ? rest() : follow()));
addEventListener("pagehide", rest);
addEventListener("pageshow", follow);

document.addEventListener("submit", (event) => {
  if (event.target.id === "sign-in") {
    event.preventDefault();
    token = document.getElementById("token").value.trim();
    open(location.href, { remember: false });
  } else if (event.target.matches("[data-shown-in]")) {
    event.preventDefault();
    send(event.target);
  } else if (event.target.matches("[data-filter]")) {
    event.preventDefault();
    filter(event.target);
  }
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!token || !link || link.origin !== location.origin || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link.getAttribute("href").startsWith("#")) return;
  event.preventDefault();
  open(link.href);
});

// Only where this script has put pages in each other's place; a step to another part of the same page is the browser's.
addEventListener("popstate", () => token && !location.hash && open(location.href, { remember: false }));

function filter(form) {
  const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  const url = new URL(form.action);
  url.search = asked;
  history.replaceState(null, "", url);
  refresh();
}

// Send a form, and show what comes of it beside what was typed. A file may be dropped anywhere on it.
async function send(form) {
  const shown = document.getElementById(form.dataset.shownIn);
  shown.setAttribute("aria-busy", "true");
  const headers = authorized({ Accept: "text/html" });
  const response = await fetch(form.action, { method: "POST", body: new FormData(form), headers }).catch(() => null);
  const fresh = response && (await parse(response)).getElementById(shown.id);
  shown.removeAttribute("aria-busy");
  shown.replaceChildren(...(fresh ? fresh.childNodes : ["The service does not answer. Try again shortly."]));
  shown.focus();
}

for (const [kind, isOver] of [["dragover", true], ["dragleave", false], ["drop", false]])
  document.addEventListener(kind, (event) => {
    const form = event.target.closest?.("[data-shown-in]");
    if (!form || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    form.classList.toggle("dropping", isOver);
    if (kind !== "drop") return;
    form.elements.file.files = event.dataTransfer.files;
    send(form);
  });

let typing;
document.addEventListener("input", (event) => {
  const form = event.target.closest?.("[data-filter]");
  if (!form) return;
  clearTimeout(typing);
  typing = setTimeout(() => filter(form), 120);
});

follow();
