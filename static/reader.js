/**
 * The client of `POST /predict`: one question at a time, the latest first, and again until somebody answers.
 *
 * @import { Drawing } from "./ink.js"
 *
 * @typedef {"sure" | "unsure" | "not_a_digit"} Verdict
 *
 * @typedef {object} Explanation
 * @property {string} input  the 28x28 that the network saw first, a PNG as a data URI
 * @property {number[][]} evidence  28x28 in -1..1, for the digit named
 * @property {{ x: number, y: number, width: number, height: number }} crop  the box that was read, in the drawing's own
 *   coordinates: pad units, or the picture's pixels
 *
 * @typedef {object} Answer
 * @property {number} digit  the likeliest one, whatever the verdict
 * @property {number} confidence  0..1
 * @property {number[]} probabilities  ten
 * @property {Verdict} verdict
 * @property {number[]} alternatives  likeliest first
 * @property {{ name: string, version: string }} model
 * @property {Explanation} [explanation]
 *
 * @typedef {object} Query
 * @property {string} [model]  which network is asked; the best one by default
 * @property {boolean} [explain]
 * @property {number} [digit]  whose evidence is wanted; the likeliest one's by default
 *
 * @typedef {object} Trouble
 * @property {"slow" | "unreachable" | "busy" | "refused" | "away"} kind  away: nobody is there, and nothing was asked
 * @property {string} [reason]  why it was refused, as the `type` of a problem
 * @property {string} [detail]  the server's own words for it
 *
 * @typedef {object} ReaderEvents
 * @property {(answer: Answer, settled: boolean) => void} answered  settled: to the latest question, asked for good
 * @property {(trouble: Trouble) => void} troubled
 */

import { thinned } from "./ink.js";

/** Shortest time between two questions while the pen moves: ten a second look alive and leave the server idle. */
const LIVE_MS = 100;

/** After this long without an answer a person wants a word. */
const SLOW_MS = 1_500;

/** After this long the question is asked again. */
const TIMEOUT_MS = 10_000;

/** A picture takes its time on the way up: longer than a server waits for it by default, which then says so. */
const PICTURE_MS = 30_000;

/** Waits after the first, second... failure in a row; the last one from then on. */
const BACKOFF_MS = [500, 1_000, 2_000, 4_000];

/** The longest wait that a server can ask for. */
const PATIENCE_MS = 30_000;

/** A failure that passes: nobody there, too busy, or broken for now. */
class Failure extends Error {
  /**
   * @param {"unreachable" | "busy"} kind
   * @param {number} wait  as the server asked, in milliseconds
   */
  constructor(kind, wait = 0) {
    super(kind);
    this.kind = kind;
    this.wait = wait;
  }
}

/** A drawing that the server will not read however often it is asked. */
class Refusal extends Error {
  /**
   * @param {string} reason  the `type` of the problem
   * @param {string} [detail]
   */
  constructor(reason, detail) {
    super(detail);
    this.reason = reason;
  }
}

export class Reader {
  #events;
  #model;
  /** @type {{ drawing: Drawing, settled: boolean } | null} what to ask next */
  #wanted = null;
  /** @type {AbortController | null} of the question on its way; an answer to any other is void */
  #asking = null;
  #timer = 0;
  #failures = 0;
  /** No question before this time. */
  #earliest = 0;

  /**
   * @param {ReaderEvents} events
   * @param {string} [model]
   */
  constructor(events, model) {
    this.#events = events;
    this.#model = model;
    window.addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => this.#hurry());
  }

  /** Whether the last question failed and will be asked again. */
  get isFailing() {
    return this.#failures > 0;
  }

  /**
   * @param {Drawing} drawing
   * @param {boolean} settled  the pen is up: answer this one at once, and say why
   */
  ask(drawing, settled) {
    this.#wanted = { drawing, settled };
    // While the pen moves an answer to the line so far is worth having, or a slow server would never give one.
    if (settled) this.#drop();
    this.#next();
  }

  /** There is nothing to read any more. */
  stop() {
    this.#drop();
    clearTimeout(this.#timer);
    this.#wanted = null;
    this.#failures = 0;
    this.#earliest = 0;
  }

  /** Whether anybody would answer. */
  async isThere() {
    try {
      return (await fetch("readyz", { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) })).ok;
    } catch {
      return false;
    }
  }

  #drop() {
    this.#asking?.abort();
    this.#asking = null;
  }

  /** Whatever kept the server away may be over. */
  #hurry() {
    if (!this.isFailing || document.hidden) return;
    this.#earliest = 0;
    this.#next();
  }

  #next() {
    clearTimeout(this.#timer);
    if (!this.#wanted || this.#asking) return;
    const now = performance.now();
    const wait = this.#wanted.settled && !this.isFailing ? 0 : this.#earliest - now;
    if (wait > 0) {
      this.#timer = setTimeout(() => this.#next(), wait);
      return;
    }
    this.#earliest = now + (this.isFailing ? backoff(this.#failures) : LIVE_MS);
    void this.#send(this.#wanted);
  }

  /** @param {{ drawing: Drawing, settled: boolean }} question */
  async #send(question) {
    const asking = (this.#asking = new AbortController());
    this.#wanted = null;
    const slow = setTimeout(() => this.#slow(asking), SLOW_MS);
    const timeout = setTimeout(() => asking.abort(), question.drawing.picture ? PICTURE_MS : TIMEOUT_MS);
    try {
      const answer = await predict(question.drawing, { model: this.#model, explain: question.settled }, asking.signal);
      if (asking !== this.#asking) return;
      this.#failures = 0;
      this.#events.answered(answer, question.settled && !this.#wanted);
    } catch (error) {
      if (asking !== this.#asking) return;
      if (error instanceof Refusal) {
        this.#failures = 0;
        const { reason, message } = error;
        if (question.settled && !this.#wanted) this.#events.troubled({ kind: "refused", reason, detail: message });
      } else {
        this.#failed(error instanceof Failure ? error : new Failure("unreachable"), question);
      }
    } finally {
      clearTimeout(slow);
      clearTimeout(timeout);
      if (asking === this.#asking) {
        this.#asking = null;
        this.#next();
      }
    }
  }

  /**
   * @param {Failure} failure
   * @param {{ drawing: Drawing, settled: boolean }} question
   */
  #failed(failure, question) {
    this.#failures += 1;
    this.#earliest = performance.now() + Math.max(backoff(this.#failures), failure.wait);
    this.#wanted ??= question;
    this.#events.troubled({ kind: failure.kind });
  }

  /** @param {AbortController} asking */
  #slow(asking) {
    if (asking === this.#asking && !this.isFailing) this.#events.troubled({ kind: "slow" });
  }
}

/** @param {number} failures  at least one */
function backoff(failures) {
  const wait = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length) - 1];
  return wait * (0.8 + 0.4 * Math.random()); // so that not everybody returns at once
}

/**
 * Where a question goes.
 *
 * @param {Query} query
 */
export function address(query) {
  const wanted = Object.entries(query).filter(([, value]) => value !== undefined && value !== false);
  const parameters = wanted.map(([name, value]) => `${name}=${value}`);
  return parameters.length > 0 ? `predict?${parameters.join("&")}` : "predict";
}

/**
 * Ask once.
 *
 * @param {Drawing} drawing
 * @param {Query} query
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export async function predict({ strokes, picture }, query, signal) {
  const response = await fetch(address(query), {
    method: "POST",
    headers: { "Content-Type": picture?.type ?? "application/json" },
    body: picture ?? JSON.stringify({ strokes: thinned(strokes) }),
    signal,
  });
  if (response.status === 503 || response.status === 429) throw new Failure("busy", retryAfter(response));
  if (response.status >= 500 || (response.status === 408 && !picture)) throw new Failure("unreachable", retryAfter(response));
  const isJson = /\bjson\b/.test(response.headers.get("Content-Type") ?? "");
  if (!isJson && response.status === 413) throw new Refusal("too-large"); // said by whatever is in between
  const body = await response.json();
  if (!response.ok) throw new Refusal(`${body.type}`, body.detail ?? "");
  if (!Array.isArray(body.probabilities)) throw new Failure("unreachable"); // a login page of some hotel, perhaps
  return body;
}

/** @param {Response} response */
function retryAfter(response) {
  const seconds = Number(response.headers.get("Retry-After"));
  return seconds > 0 ? Math.min(1_000 * seconds, PATIENCE_MS) : 0;
}
