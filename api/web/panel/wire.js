// What the panel says over the network: one voice with a token that can be renewed, and a ledger of outcomes that loses nothing.

const PATIENCE = 8000; // milliseconds until an answer is given up
const PAUSES = [300, 700, 1500, 3000, 6000, 12000]; // milliseconds before asking again, the last one for good
const SKEW = 60000; // milliseconds by which this machine's clock may be wrong before it is corrected

export const pause = (attempt) => new Promise((wake) => setTimeout(wake, PAUSES[Math.min(attempt, PAUSES.length - 1)]));

// An id nobody else has; crypto.randomUUID would want a page from a secure origin.
export const freshId = () =>
  `panel-${[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;

// An answer that is a refusal: `status`, and what the problem document says of it.
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || String(status));
    this.status = status;
    this.expired = String(problem.type || "").includes("expired");
    // Worth another try: nothing was wrong with what was sent.
    this.passing = status === 429 || status >= 500;
  }
}

export class Wire {
  constructor(endpoint, token) {
    this.endpoint = endpoint;
    this.token = token;
    this.skew = 0; // milliseconds the service's clock is ahead
  }

  // What this address answers. Throws a Refusal, or whatever fetch throws when nobody answers.
  async call(path, body) {
    let used = this.token.value || (await this.token.renewed(""));
    for (let renewals = 0; ; renewals += 1) {
      const answer = await this.#send(path, body, used);
      if (answer.ok) return answer.json();
      const refusal = new Refusal(answer.status, await answer.json().catch(() => ({})));
      if (answer.status !== 401 || (renewals && !refusal.expired)) throw refusal;
      used = await this.token.renewed(used);
    }
  }

  async #send(path, body, token) {
    const answer = await fetch(this.endpoint + path, {
      method: body ? "POST" : "GET",
      headers: { Authorization: `Bearer ${token}`, ...(body && { "Content-Type": "application/json" }) },
      body: body && JSON.stringify(body),
      credentials: "omit",
      signal: AbortSignal.timeout(PATIENCE),
    });
    const ahead = Date.parse(answer.headers.get("Date")) - Date.now();
    if (Number.isFinite(ahead)) this.skew = Math.abs(ahead) > SKEW ? ahead : 0;
    return answer;
  }

  // The moment by the service's clock.
  now() {
    return new Date(Date.now() + this.skew).toISOString();
  }
}

// Outcomes on their way. Each has an id from the start, so that sending it twice does no harm; they are sent in order,
// again and again until the service has taken or refused them. `changed` is called when what is waiting changes.
export class Ledger {
  constructor(wire, changed) {
    this.wire = wire;
    this.changed = changed;
    this.waiting = [];
    this.late = false;
    this.refused = "";
    this.sending = false;
  }

  // Promises true once the service has it, false when it refuses it.
  note(outcome) {
    return new Promise((settled) => {
      this.waiting.push({ outcome, settled });
      this.#send();
    });
  }

  async #send() {
    if (this.sending) return;
    this.sending = true;
    await null; // what is noted in one breath goes out in one batch
    let alone = false; // a batch is refused whole: then each is sent by itself
    for (let attempt = 0; this.waiting.length; ) {
      const batch = this.waiting.slice(0, alone ? 1 : 100);
      try {
        await this.wire.call("/v1/outcomes", { outcomes: batch.map((row) => row.outcome) });
        this.#settle(batch, true);
        attempt = 0;
      } catch (error) {
        if (error instanceof Refusal && !error.passing) {
          if (batch.length === 1) {
            this.refused = error.message;
            this.#settle(batch, false);
          }
          alone = true;
        } else {
          this.late = true;
          this.changed();
          await pause(attempt);
          attempt += 1;
        }
      }
    }
    this.sending = false;
  }

  #settle(batch, taken) {
    this.waiting.splice(0, batch.length);
    if (!this.waiting.length) this.late = false;
    for (const row of batch) row.settled(taken);
    this.changed();
  }
}
