// What the panel says over the network: one voice with a token that can be renewed, and that waits when it is told to.

const PATIENCE = 8000; // milliseconds until an answer is given up
const PAUSES = [300, 700, 1500, 3000, 6000, 12000]; // milliseconds before asking again, the last one for good
const TOO_MANY = 5; // seconds to wait after too many calls, where the browser may not read how long
const SKEW = 60000; // milliseconds by which this machine's clock may be wrong before it is corrected

export const sleep = (milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds));

// Longer each time.
export const pause = (attempt) => sleep(PAUSES[Math.min(attempt, PAUSES.length - 1)]);

// An answer that is a refusal: `status`, and what the problem document says of it.
export class Refusal extends Error {
  constructor(answer, problem) {
    const { status } = answer;
    super(problem.detail || problem.title || String(status));
    this.status = status;
    this.seconds = Number(answer.headers.get("Retry-After")) || (status === 429 ? TOO_MANY : 0);
    this.expired = String(problem.type || "").includes("expired");
    // Worth another try: nothing was wrong with what was sent.
    this.passing = status === 429 || status >= 500;
  }
}

export class Wire {
  #until = 0; // nothing is sent before: the service asked for quiet

  constructor(endpoint, token) {
    this.endpoint = endpoint;
    this.token = token;
    this.skew = 0; // milliseconds the service's clock is ahead
  }

  // What this address answers. Throws a Refusal, or whatever fetch throws when nobody answers. Nothing is sent, and no token asked
  // for, once `signal` says that nobody waits for it.
  async call(path, body, signal) {
    let used = this.token.value || (await this.token.renewed("", signal));
    for (let renewals = 0; ; renewals += 1) {
      const quiet = this.#until - Date.now();
      if (quiet > 0) await sleep(quiet);
      signal?.throwIfAborted();
      const answer = await this.#send(path, body, used);
      if (answer.ok) {
        this.token.worked(used, path.startsWith("/v1/decisions") || path === "/v1/outcomes");
        return answer.json();
      }
      const refusal = new Refusal(answer, await answer.json().catch(() => ({})));
      this.#until = Math.max(this.#until, Date.now() + refusal.seconds * 1000);
      const other = answer.status === 401 ? !renewals || refusal.expired : answer.status === 403 && this.token.replaceable(used);
      if (!other) throw refusal;
      if (renewals) {
        this.token.late();
        await pause(renewals - 1);
      }
      signal?.throwIfAborted();
      used = await this.token.renewed(used, signal);
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
