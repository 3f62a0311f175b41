// Node's own two clients: fetch (undici), and http with a kept connection. Prints the statuses of the answers.
import { readFileSync } from "node:fs";
import http from "node:http";

const [kind, kept, direct, orderFile, bigFile] = process.argv.slice(2);
const json = { "Content-Type": "application/json" };
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function askByHttp(url, method = "GET", headers = {}, body = undefined) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "Content-Length": body.length };
    const request = http.request(url, { method, headers: { ...headers, ...length }, agent }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () =>
        resolve({ status: response.statusCode, etag: response.headers.etag, text: Buffer.concat(parts).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function askByFetch(url, method = "GET", headers = {}, body = undefined) {
  const response = await fetch(url, { method, headers, body });
  return { status: response.status, etag: response.headers.get("etag"), text: await response.text() };
}

const ask = kind === "fetch" ? askByFetch : askByHttp;
const listing = await ask(kept + "/cluster-types/");
const again = await ask(kept + "/cluster-types/", "GET", { "If-None-Match": listing.etag });
const built = await ask(kept + "/clusters/", "POST", json, readFileSync(orderFile));
const health = await ask(kept + "/health");
const refused = await ask(direct + "/clusters/", "POST", json, readFileSync(bigFile));
const title = JSON.parse(refused.text).errors[0].title;
console.log([listing, again, built, health, refused].map((answer) => answer.status).join(" "), title);
process.exit(0);
