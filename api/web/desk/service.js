// The service, spoken to with the desk's token, or with the token of one contact.

const KEPT = "behoud-desk-token";

// The token comes in the fragment, which no server sees. It leaves the address bar at once and stays with this tab, so that a
// reload does not lose it and a copied address does not give it away. A page that holds a desk for real keeps none.
export function deskToken() {
 const given = location.hash.slice(1);
 if (given.startsWith("bt_")) {
  sessionStorage.setItem(KEPT, given);
  history.replaceState(null, "", location.pathname + location.search);
 }
 return sessionStorage.getItem(KEPT);
}

// A token that is none is not kept: it would greet every reload.
export function forgetToken() {
 sessionStorage.removeItem(KEPT);
}

export const isToken = (hash) => hash.startsWith("#bt_");

// Whose desk it is: what the token says, which only the service can vouch for. Null when it says nothing.
export function agentOf(token) {
 try {
  const said = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(atob(said)).agent_id ?? null;
 } catch {
  return null;
 }
}

// The id of a contact that nobody had before.
export const newContact = (kind) =>
 `${kind}-${[...crypto.getRandomValues(new Uint8Array(6))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;

export class Refused extends Error {
 constructor(status, detail) {
  super(detail);
  this.status = status;
 }
}

export class Service {
 constructor(token) {
  this.token = token;
  this.agent = agentOf(token);
 }

 get(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value != null && value !== "");
  return this.call("GET", given.length ? `${path}?${new URLSearchParams(given)}` : path);
 }

 post(path, body, token) {
  return this.call("POST", path, body, token);
 }

 async call(method, path, body, token = this.token) {
  const headers = { Authorization: `Bearer ${token}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
   answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "omit" });
  } catch {
   throw new Refused(0, "");
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, said.detail ?? "");
  return said;
 }

 // A token that opens one contact of one customer, for minutes.
 async contactToken(contact, customer) {
  const asked = { agent_id: this.agent, contact_id: contact, customer_id: customer };
  return (await this.post("/v1/tokens", asked)).token;
 }
}
