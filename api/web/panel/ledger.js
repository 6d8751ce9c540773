// Outcomes on their way. Each has an id from the start, so that sending it twice does no harm; they are sent in order,
// again and again until the service has taken or refused them. A decision that could not be recorded has no outcomes: what was noted
// of it is told of the next decision to the same question, once that one is recorded.

import { Refusal, pause } from "./wire.js";

// An id nobody else has; crypto.randomUUID would want a page from a secure origin.
export const freshId = () =>
  `panel-${[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;

// Whether it can have outcomes.
export const recorded = (decision) => !decision.degraded.includes("record");

// Whether the store told what it knows, and kept the answer.
export const stored = (decision) => !["store", "history", "record"].some((part) => decision.degraded.includes(part));

// `changed(refusal)` is called when what is waiting changes; `refusal` says why something was refused.
export class Ledger {
  constructor(wire, changed) {
    this.wire = wire;
    this.changed = changed;
    this.waiting = [];
    this.late = false;
    this.sending = false;
    this.again = new Map(); // by the id of a decision that was not recorded: the one that was instead
  }

  // Promises true once the service has it, false when it refuses it. `question` asks anew for a decision that was not recorded.
  note(outcome, question) {
    return new Promise((settled) => {
      this.waiting.push({ outcome, question, settled });
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
        for (const row of batch) if (row.question) await this.#place(row);
        await this.wire.call("/v1/outcomes", { outcomes: batch.map((row) => row.outcome) });
        this.#settle(batch, true);
        attempt = 0;
      } catch (error) {
        // Who does not know us says nothing of what we sent: another token may open.
        if (error instanceof Refusal && !error.passing && error.status !== 401) {
          if (batch.length === 1) this.#settle(batch, false, error.message);
          alone = true;
        } else {
          this.tarry();
          await pause(attempt);
          attempt += 1;
        }
      }
    }
    this.sending = false;
  }

  async #place(row) {
    const { outcome, question } = row;
    const instead = this.again.get(outcome.decision_id) || (await this.wire.call("/v1/decisions", question));
    if (!recorded(instead)) throw new Error("not recorded yet");
    this.again.set(outcome.decision_id, instead);
    outcome.decision_id = instead.decision_id;
    row.question = null;
  }

  // What was noted and takes longer than it should. That something was shown is nobody's worry.
  get overdue() {
    return this.late ? this.waiting.filter((row) => row.outcome.kind !== "shown") : [];
  }

  // What waits takes longer than it should.
  tarry() {
    this.late = this.waiting.length > 0;
    this.changed();
  }

  #settle(batch, taken, refusal = "") {
    this.waiting.splice(0, batch.length);
    if (!this.waiting.length) this.late = false;
    for (const row of batch) row.settled(taken);
    this.changed(refusal);
  }
}
