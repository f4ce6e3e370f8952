/**
 * What one can take away: a link, a line for the command line, the 28x28, the strokes.
 *
 * @import { Drawing } from "./ink.js"
 * @import { Answer } from "./reader.js"
 */

import { find } from "./elements.js";
import { toFragment } from "./link.js";
import { address } from "./reader.js";

/** A word on what was done stays this long. */
const SAID_MS = 4_000;

export class Take {
  #buttons = {
    link: find("#copy-link", HTMLButtonElement),
    curl: find("#copy-curl", HTMLButtonElement),
    png: find("#save-png", HTMLButtonElement),
    strokes: find("#save-strokes", HTMLButtonElement),
  };
  #taken = find("#taken", HTMLElement);
  /** @type {Drawing} */
  #drawing = { strokes: [], picture: null };
  /** @type {Answer | null} */
  #answer = null;
  #timer = 0;

  constructor() {
    const { link, curl, png, strokes } = this.#buttons;
    link.addEventListener("click", () => {
      const [here] = location.href.split("#");
      void this.#copy(here + toFragment(this.#drawing.strokes), "The link is copied. It holds the drawing itself.");
    });
    curl.addEventListener("click", () => this.#copy(toCurl(this.#drawing), "The command is copied."));
    png.addEventListener("click", () => this.#save(this.#answer?.explanation?.input ?? "", "28x28.png"));
    strokes.addEventListener("click", () => {
      const text = JSON.stringify({ strokes: this.#drawing.strokes });
      const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
      this.#save(url, "strokes.json");
      setTimeout(() => URL.revokeObjectURL(url), SAID_MS);
    });
  }

  /**
   * @param {Drawing} drawing
   * @param {Answer | null} answer  to it, once there is one
   */
  offer(drawing, answer) {
    this.#drawing = drawing;
    this.#answer = answer;
    const hasStrokes = drawing.strokes.length > 0;
    this.#buttons.link.disabled = this.#buttons.strokes.disabled = !hasStrokes;
    this.#buttons.curl.disabled = !hasStrokes && !(drawing.picture instanceof File && drawing.picture.name);
    this.#buttons.png.disabled = !answer?.explanation;
  }

  /**
   * @param {string} text
   * @param {string} done
   */
  async #copy(text, done) {
    try {
      await navigator.clipboard.writeText(text);
      this.#say(done);
    } catch {
      // Without HTTPS there is no clipboard: show it, so that it can be copied by hand.
      prompt("Copy this:", text);
    }
  }

  /**
   * @param {string} url
   * @param {string} name
   */
  #save(url, name) {
    const link = document.createElement("a");
    link.href = url;
    link.download = this.#answer ? `${this.#answer.digit}-${name}` : name;
    link.click();
    this.#say(`${link.download} is saved.`);
  }

  /** @param {string} sentence */
  #say(sentence) {
    clearTimeout(this.#timer);
    this.#taken.textContent = sentence;
    this.#timer = setTimeout(() => (this.#taken.textContent = ""), SAID_MS);
  }
}

/** @param {Drawing} drawing */
function toCurl({ strokes, picture }) {
  const url = new URL(address({}), document.baseURI);
  if (picture instanceof File) return `curl -s ${url} -F ${quoted(`file=@"${picture.name.replaceAll(/["\\]/g, "\\$&")}"`)}`;
  return `curl -s ${url} -H 'Content-Type: application/json' -d '${JSON.stringify({ strokes })}'`;
}

/** @param {string} text  for a shell */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
