/**
 * The last drawings of this visit, small, with their answers; each can be put back on the sheet.
 *
 * @import { Drawing } from "./ink.js"
 * @import { Answer } from "./reader.js"
 */

import { PAD } from "./ink.js";
import { toPath } from "./paint.js";

/** More than this fills a phone. */
const MOST = 12;

const SVG = "http://www.w3.org/2000/svg";

export class Shelf {
  #root;
  #list;
  #chosen;
  /** @type {Map<Drawing, HTMLElement>} the newest last */
  #items = new Map();

  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} list
   * @param {(drawing: Drawing) => void} chosen
   */
  constructor(root, list, chosen) {
    this.#root = root;
    this.#list = list;
    this.#chosen = chosen;
  }

  /**
   * @param {Drawing} drawing  that leaves the sheet
   * @param {Answer | null} answer  null where nobody has read it yet
   */
  keep(drawing, answer) {
    this.#drop(drawing);
    const item = this.#make(drawing, answer);
    this.#items.set(drawing, item);
    this.#list.prepend(item);
    this.#root.hidden = false;
    const [oldest] = this.#items.keys();
    if (this.#items.size > MOST) this.#drop(oldest);
  }

  /** @param {Drawing} drawing */
  #drop(drawing) {
    const item = this.#items.get(drawing);
    if (!item) return;
    URL.revokeObjectURL(item.querySelector("img")?.src ?? "");
    item.remove();
    this.#items.delete(drawing);
  }

  /**
   * @param {Drawing} drawing
   * @param {Answer | null} answer
   */
  #make(drawing, answer) {
    const read = answer ? inShort(answer) : "…";
    const item = document.createElement("li");
    const button = document.createElement("button");
    const label = document.createElement("span");
    button.type = "button";
    button.ariaLabel = `Put back the drawing read as ${answer ? read.replace("?", "no digit") : "nothing yet"}`;
    button.addEventListener("click", () => this.#chosen(drawing));
    label.textContent = read;
    button.append(drawing.picture ? photograph(drawing.picture) : sketch(drawing), label);
    item.append(button);
    return item;
  }
}

/** @param {Answer} answer */
function inShort({ digit, verdict, alternatives }) {
  return verdict === "not_a_digit" ? "?" : [digit, ...(verdict === "unsure" ? alternatives : [])].join(" or ");
}

/** @param {Drawing} drawing */
function sketch({ strokes }) {
  const picture = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  picture.setAttribute("viewBox", `0 0 ${PAD} ${PAD}`);
  path.setAttribute("d", toPath(strokes));
  picture.append(path);
  return picture;
}

/** @param {Blob} blob */
function photograph(blob) {
  const picture = document.createElement("img");
  picture.src = URL.createObjectURL(blob);
  picture.alt = "";
  return picture;
}
