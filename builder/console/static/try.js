// Trying a type out on the sandbox cloud beside the service, whose password is no secret. What is sent is what the
// Visualisation App sends: every value is a text, and every optional group that shows a field has its switch.
"use strict";

const part = (name, text, attributes = {}) => {
  const made = Object.assign(document.createElement(name), attributes);
  if (text !== undefined) made.textContent = text;
  return made;
};

const root = () => new URL(document.body.dataset.root, location.href);

function compose(form) {
  const parameters = {};
  for (const field of form.querySelectorAll("[data-parameter]"))
    parameters[field.dataset.parameter] = field.type === "checkbox" ? (field.checked ? "1" : "0") : field.value;
  const selections = {};
  for (const field of form.querySelectorAll("[data-component]")) selections[field.dataset.component] = field.checked;
  const name = document.getElementById("cluster-name").value;
  const cluster = { cluster_type_id: form.dataset.type, name, parameters, selections };
  return { cloud_env: JSON.parse(form.dataset.cloud), cluster };
}

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function tellCommand() {
  const form = document.querySelector("#try[data-cloud]");
  const place = document.getElementById("command");
  if (!form || !place) return;
  const lines = [`curl --request POST ${quote(new URL("clusters/", root()).href)}`, "--header 'Content-Type: application/json'"];
  if (document.getElementById("build-token")) lines.push('--header "Authorization: Bearer $TOKEN"');
  lines.push(`--data ${quote(JSON.stringify(compose(form), null, 2))}`);
  place.textContent = lines.join(" \\\n  ");
}

async function post(path, body) {
  const given = document.getElementById("build-token")?.value.trim();
  const headers = { "Content-Type": "application/json", ...(given ? { Authorization: `Bearer ${given}` } : authorized({})) };
  const response = await fetch(new URL(path, root()), { method: "POST", headers, body: JSON.stringify(body) });
  return { ok: response.ok, told: await response.json() };
}

// Each fault beside its field, as the App shows them; what belongs to none above all.
function tellFaults(form, errors, outcome) {
  const rest = [];
  let first = null;
  for (const { title, detail, source } of errors) {
    const place = [...form.querySelectorAll("[data-error]")].find((each) => each.dataset.error === source?.pointer);
    if (!place) {
      rest.push(`${title}: ${detail}`);
      continue;
    }
    place.textContent = [place.textContent, detail].filter(Boolean).join(" ");
    first ??= place.parentElement.querySelector("input, select, textarea");
  }
  outcome.replaceChildren(part("strong", first ? "Some answers have to be mended." : "It cannot be built."), ...rest.map((text) => part("p", text)));
  first?.focus();
}

function table(head, rows) {
  const made = part("table");
  const line = (cells, name) => cells.reduce((row, text) => (row.append(part(name, text)), row), part("tr"));
  made.append(line(head, "th"), ...rows.map((cells) => line(cells, "td")));
  return made;
}

const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value));

function tellStatus(outcome, name, told) {
  const { complete, failed, total } = told.progress ?? { complete: 0, failed: 0, total: 0 };
  const parts = [part("strong", `${name}: ${told.status}`)];
  if (total) parts.push(part("progress", undefined, { max: total, value: complete, ariaLabel: "Resources that are done" }), part("p", `${complete} of ${total} resources are done${failed ? `, ${failed} failed` : ""}.`));
  if (told.status.endsWith("FAILED")) parts.push(part("p", told.reason, { className: "fault" }));
  for (const each of told.failures) parts.push(part("p", `${each.resource}: ${each.reason}`, { className: "fault" }));
  if (told.outputs.length) parts.push(table(["Output", "Value"], told.outputs.map((each) => [each.name, each.error ?? shown(each.value)])));
  outcome.replaceChildren(...parts);
}

// Once a second until it is there, or has failed; ten minutes at most.
async function watch(outcome, cloud_env, { id, name }) {
  for (let asked = 0; asked < 600 && outcome.isConnected; asked++) {
    const { ok, told } = await post(`clusters/${encodeURIComponent(id)}/status`, { cloud_env });
    if (!ok) return tellFaults(document.getElementById("try"), told.errors, outcome);
    tellStatus(outcome, name, told);
    if (!told.status.endsWith("IN_PROGRESS")) return refresh();
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function launch(form, isDryRun) {
  const outcome = document.getElementById("outcome");
  for (const place of form.querySelectorAll("[data-error]")) place.textContent = "";
  outcome.replaceChildren(part("strong", isDryRun ? "Asking…" : "Launching…"));
  const body = compose(form);
  const { ok, told } = await post(`clusters/${isDryRun ? "?dry_run=true" : ""}`, body);
  if (!ok) return tellFaults(form, told.errors, outcome), refresh();
  if (!isDryRun) return watch(outcome, body.cloud_env, told);
  const resources = told.resources.map((each) => [each.type, String(each.count), each.names.join(", ")]);
  outcome.replaceChildren(part("strong", "This would be made:"), table(["Resource", "Number", "Names"], resources));
}

document.addEventListener("submit", async (event) => {
  if (event.target.id !== "try") return;
  event.preventDefault();
  if (!event.target.dataset.cloud) return;
  const buttons = event.target.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  try {
    await launch(event.target, event.submitter?.value === "dry-run");
  } catch (error) {
    document.getElementById("outcome").replaceChildren(part("strong", `The service does not answer: ${error.message}`));
  } finally {
    for (const button of buttons) button.disabled = false;
  }
});

document.addEventListener("input", (event) => event.target.closest?.("#try") && tellCommand());

document.addEventListener("click", async (event) => {
  if (event.target.id !== "copy") return;
  const command = document.getElementById("command");
  try {
    await navigator.clipboard.writeText(command.textContent);
    event.target.textContent = "Copied";
  } catch {
    // There is none where the page did not come by HTTPS or from this machine, and a browser may refuse.
    getSelection().selectAllChildren(command);
    event.target.textContent = "Selected, but not copied: the browser does not let this page";
  }
});

document.addEventListener("page", tellCommand);
tellCommand();
