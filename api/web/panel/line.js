// The line to the service for one contact: its token, its voice and its outcomes stay together until all is delivered, also when
// the panel has gone on to the next contact.

import { Ledger } from "./ledger.js";
import { Token } from "./token.js";
import { Wire } from "./wire.js";

export class Line {
  // `bound` is {contact, customer}; `page` as for Token; `changed(refusal)` is called when what is waiting changes.
  constructor(endpoint, bound, page, changed) {
    this.bound = bound;
    this.token = new Token(page);
    this.wire = new Wire(endpoint, this.token);
    this.ledger = new Ledger(this.wire, changed);
  }

  get delivered() {
    return !this.ledger.waiting.length;
  }
}
