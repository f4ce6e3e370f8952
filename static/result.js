/**
 * The answer, in a digit, in words and in ten bars.
 *
 * @import { Answer, Trouble } from "./reader.js"
 * @typedef {"empty" | "drawing" | "waiting" | "answered" | "error"} State
 */

import { find } from "./elements.js";

/** A screen reader hears an answer once the hand has rested this long: a 5 is one answer, not one for each stroke. */
const REST_MS = 700;

/** From this chance on, what is no digit is near one. */
const NEAR = 0.2;

/** Once the pen is up, the answer to half a drawing stays this long: then it looks like the last. */
const LATE_MS = 300;

/** @type {Record<Trouble["kind"], { words: string, detail: string }>} */
const TROUBLES = {
  slow: { words: "Still reading…", detail: "This takes longer than it should." },
  unreachable: { words: "The reader can’t be reached", detail: "Your drawing is safe. I’ll keep trying." },
  away: { words: "The reader can’t be reached", detail: "Draw all the same: I’ll read it as soon as I can." },
  busy: { words: "The reader is busy", detail: "Your drawing is safe. I’ll ask again in a moment." },
  refused: { words: "This can’t be read", detail: "Undo it, or clear the pad and try another." },
};

const NO_PICTURE = { words: "That’s not a picture I can read", detail: "Try one saved as PNG or JPEG." };
const TOO_LARGE = { words: "That picture is too large", detail: "A smaller one is plenty: 1,000 pixels a side." };

/** @type {Record<string, { words: string, detail: string } | undefined>} by the reason of a refusal, here or there */
const REFUSALS = {
  "blank": { words: "I see no ink in it", detail: "Nothing stands out from the paper. Try a thicker pen, or more light." },
  "not-an-image": NO_PICTURE,
  "unsupported-media": NO_PICTURE,
  "too-many-pixels": TOO_LARGE,
  "too-large": TOO_LARGE,
  "too-slow": { words: "It took too long to send", detail: "Try a smaller picture, or a better connection." },
  "damaged": { words: "That link is damaged", detail: "Its drawing got lost on the way. Draw one yourself?" },
  "bad-strokes": { words: "That’s too much ink", detail: "Undo some of it, or clear the pad and start again." },
};

export class Result {
  #root;
  #face;
  #digit;
  #other;
  #words;
  #detail;
  #announcement;
  #chances;
  #timer = 0;
  #late = 0;

  /**
   * @param {HTMLElement} root  `#result`
   * @param {HTMLElement} chances  a list of ten
   */
  constructor(root, chances) {
    this.#root = root;
    this.#face = find(".face", HTMLElement, root);
    this.#digit = find(".digit", HTMLElement, root);
    this.#other = find(".other", HTMLElement, root);
    this.#words = find(".words", HTMLElement, root);
    this.#detail = find(".detail", HTMLElement, root);
    this.#announcement = find(".announcement", HTMLElement, root);
    this.#chances = Array.from(chances.children, (row) => ({
      row: /** @type {HTMLElement} */ (row),
      share: find(".share", HTMLElement, row),
    }));
  }

  empty() {
    this.#enter("empty");
    this.#show("");
    this.#tellOf({ words: "Go on, draw one", detail: "From 0 to 9, in your own hand. I read along." });
    this.#weigh([]);
  }

  /**
   * Something else was refused: what is on the pad stays, and so does its answer.
   *
   * @param {"damaged" | "unsupported-media" | "too-large"} reason
   */
  aside(reason) {
    const said = REFUSALS[reason];
    if (said) this.#tellOf(said);
  }

  /**
   * @param {"drawing" | "waiting"} state
   * @param {boolean} isOther  than the drawing whose answer can be seen
   */
  unanswered(state, isOther) {
    this.#enter(state);
    if (isOther) this.#forget();
  }

  /**
   * An answer to the drawing as it was a moment ago; the pen has moved on.
   *
   * @param {Answer} answer
   * @param {"drawing" | "waiting"} state
   */
  glimpse(answer, state) {
    this.#enter(state);
    this.#tell(answer);
  }

  /**
   * The answer to the drawing as it stands.
   *
   * @param {Answer} answer
   */
  answered(answer) {
    this.#tell(answer);
    this.#enter("answered");
    this.#root.dataset.digit = String(answer.digit);
    this.#root.dataset.verdict = answer.verdict;
    const { words, detail } = inWords(answer);
    this.#announce(`${words}. ${detail}.`);
  }

  /** @param {Trouble} trouble */
  troubled({ kind, reason, detail }) {
    const known = kind === "refused" ? REFUSALS[`${reason}`] : TROUBLES[kind];
    const said = known ?? { words: TROUBLES.refused.words, detail: detail || TROUBLES.refused.detail };
    if (this.#root.dataset.state === "error" && this.#words.textContent === said.words) return; // said before
    if (kind !== "slow") {
      this.#enter("error");
      this.#show(kind === "refused" ? "?" : "", [], false);
      this.#weigh([]);
    }
    this.#tellOf(said);
  }

  /** @param {{ words: string, detail: string }} what */
  #tellOf({ words, detail }) {
    this.#say(words, detail);
    this.#announce(`${words}. ${detail}`);
  }

  /** Nobody takes the answer to one drawing for that to the next. */
  #forget() {
    this.#show("");
    this.#say("Reading…", "");
    this.#weigh([]);
  }

  /** @param {State} state */
  #enter(state) {
    clearTimeout(this.#late);
    if (state === "waiting") this.#late = setTimeout(() => this.#forget(), LATE_MS);
    this.#root.dataset.state = state;
    delete this.#root.dataset.digit;
    delete this.#root.dataset.verdict;
    this.#announce("");
  }

  /** @param {Answer} answer */
  #tell(answer) {
    const { words, detail } = inWords(answer);
    const isDigit = answer.verdict !== "not_a_digit";
    const others = answer.verdict === "unsure" ? answer.alternatives : [];
    this.#show(isDigit ? String(answer.digit) : "?", others, isDigit);
    this.#say(words, detail);
    this.#weigh(answer.probabilities, isDigit);
  }

  /**
   * @param {string} digit
   * @param {number[]} [others]  that it might be as well
   * @param {boolean} [isRead]
   */
  #show(digit, others = [], isRead = true) {
    write(this.#digit, digit);
    write(this.#other, others.join("\n"));
    this.#face.classList.toggle("unread", !isRead);
  }

  /**
   * @param {string} words
   * @param {string} detail
   */
  #say(words, detail) {
    write(this.#words, words);
    write(this.#detail, detail);
  }

  /**
   * @param {number[]} probabilities  ten, or none
   * @param {boolean} [isRead]
   */
  #weigh(probabilities, isRead = true) {
    const most = isRead ? Math.max(...probabilities) : NaN;
    this.#chances.forEach(({ row, share }, digit) => {
      const chance = probabilities[digit] ?? 0;
      const isSeen = chance >= 0.005;
      row.style.setProperty("--chance", isSeen ? chance.toFixed(3) : "0");
      row.classList.toggle("likeliest", chance === most);
      write(share, isSeen ? percent(chance) : "");
    });
  }

  /** @param {string} sentence */
  #announce(sentence) {
    clearTimeout(this.#timer);
    if (sentence === "") write(this.#announcement, "");
    else this.#timer = setTimeout(() => write(this.#announcement, sentence), REST_MS);
  }
}

/** @param {Answer} answer */
export function inWords({ digit, probabilities, verdict, alternatives }) {
  const named = `${article(digit)} ${digit}`;
  if (verdict === "sure") return { words: `That’s ${named}`, detail: `${percent(probabilities[digit])} sure` };
  if (verdict === "not_a_digit") {
    const detail = probabilities[digit] < NEAR ? "I read 0 to 9, one at a time" : `The nearest would be ${named}`;
    return { words: "That doesn’t look like a digit", detail };
  }
  const shares = [digit, ...alternatives].map((each) => `${percent(probabilities[each])} for ${article(each)} ${each}`);
  return {
    words: alternatives.length > 0 ? `${digit} or perhaps ${alternatives.join(" or ")}` : `Perhaps ${named}`,
    detail: shares.join(", "),
  };
}

/** @param {number} digit */
export function article(digit) {
  return digit === 8 ? "an" : "a";
}

/** @param {number} share  0..1; only 1 itself is said to be certain, and only 0 to be impossible */
function percent(share) {
  if (share > 0 && share < 0.005) return "<1%";
  if (share < 0.99) return `${Math.round(100 * share)}%`;
  return share < 1 ? `${(Math.floor(1_000 * share) / 10).toFixed(1)}%` : "100%";
}

/**
 * @param {HTMLElement} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
