/**
 * How the network of 2017 reads the same drawing. It is asked only while its panel can be seen.
 *
 * @import { Drawing } from "./ink.js"
 */

import { find } from "./elements.js";
import { Reader } from "./reader.js";
import { inWords, write } from "./result.js";

const EMPTY = "No answer yet";

export class Past {
  #face;
  #words;
  #detail;
  /** @type {Drawing | null} that it has not been asked about, as nobody looks */
  #unread = null;
  #isSeen = false;
  #reader = new Reader({ answered: (answer) => this.#tell(answer), troubled: (trouble) => this.#troubled(trouble) }, "blog");

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#face = find(".face", HTMLElement, root);
    this.#words = find(".words", HTMLElement, root);
    this.#detail = find(".detail", HTMLElement, root);
    new IntersectionObserver(([entry]) => {
      this.#isSeen = entry.isIntersecting;
      if (this.#unread) this.read(this.#unread);
    }).observe(root);
  }

  empty() {
    this.#unread = null;
    this.#reader.stop();
    this.#wipe();
  }

  /** @param {Drawing} drawing */
  read(drawing) {
    this.#unread = this.#isSeen ? null : drawing;
    if (this.#isSeen) this.#reader.ask(drawing, false);
  }

  /** @param {import("./reader.js").Trouble} trouble  after which the reader asks again, or has been refused */
  #troubled({ kind }) {
    if (kind !== "slow") this.#wipe();
  }

  #wipe() {
    write(this.#face, "");
    write(this.#words, EMPTY);
    write(this.#detail, "");
  }

  /** @param {import("./reader.js").Answer} answer */
  #tell(answer) {
    const { words, detail } = inWords(answer);
    write(this.#face, answer.verdict === "not_a_digit" ? "?" : `${answer.digit}`);
    write(this.#words, words);
    write(this.#detail, detail);
  }
}
