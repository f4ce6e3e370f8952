/**
 * The way from the drawing to the answer in three pictures: what was cut out, what the reader sees, what speaks for a
 * digit and against it.
 *
 * @import { Drawing } from "./ink.js"
 * @import { Answer, Explanation } from "./reader.js"
 */

import { find } from "./elements.js";
import { PAD } from "./ink.js";
import { toPath } from "./paint.js";
import { predict } from "./reader.js";
import { article, write } from "./result.js";

const SIZE = 28;

/** Blue for, orange against: red, green and blue in 0..255. These two differ for every kind of colour vision. */
const FOR = [64, 156, 255];
const AGAINST = [255, 138, 20];

/** How bright the paper shines below the evidence, where there is no ink. */
const PAPER = "#4a4a4a";

export class Why {
  #cut = find("#cut", SVGElement);
  #path = find("#cut path", SVGElement);
  #image = find("#cut image", SVGElement);
  #box = find("#cut rect", SVGElement);
  #seen = find("#seen", HTMLImageElement);
  #evidence = find("#evidence", HTMLCanvasElement);
  #speaks = find("#speaks", HTMLElement);
  #digits = find("#digits", HTMLFieldSetElement);
  #picture;
  /** @type {Drawing | null} */
  #drawing = null;
  /** @type {number | null} whose evidence can be seen */
  #shown = null;
  #asking = new AbortController();

  /** @param {HTMLImageElement} picture  the one on the sheet, if any */
  constructor(picture) {
    this.#picture = picture;
    this.#digits.addEventListener("change", (event) => {
      if (event.target instanceof HTMLInputElement) void this.#pick(Number(event.target.value));
    });
  }

  empty() {
    this.#asking.abort();
    this.#drawing = null;
    this.#path.removeAttribute("d");
    this.#image.removeAttribute("href");
    this.#cut.setAttribute("viewBox", `0 0 ${PAD} ${PAD}`);
    this.#box.setAttribute("width", "0");
    this.#seen.hidden = true;
    this.#seen.removeAttribute("src");
    this.#evidence.width = SIZE; // wipes it
    this.#name(null);
  }

  /**
   * @param {Drawing} drawing
   * @param {Answer} answer  with its explanation
   */
  show(drawing, answer) {
    const { digit, explanation } = answer;
    if (!explanation) return;
    this.#asking.abort();
    this.#drawing = drawing;
    void this.#trim(drawing, explanation.crop);
    this.#seen.src = explanation.input;
    this.#seen.hidden = false;
    void this.#colour(explanation, digit);
  }

  /**
   * @param {Drawing} drawing
   * @param {Explanation["crop"]} crop
   */
  async #trim(drawing, crop) {
    const { strokes, picture } = drawing;
    let [left, top, width, height] = [0, 0, PAD, PAD];
    if (picture) {
      await this.#picture.decode().catch(() => {}); // until then it has no size
      if (drawing !== this.#drawing) return;
      [width, height] = [this.#picture.naturalWidth || crop.width, this.#picture.naturalHeight || crop.height];
      this.#image.setAttribute("href", this.#picture.src);
    } else {
      this.#image.removeAttribute("href");
      [left, top] = [Math.min(0, crop.x), Math.min(0, crop.y)]; // a line may end beyond the sheet
      [width, height] = [Math.max(PAD, crop.x + crop.width) - left, Math.max(PAD, crop.y + crop.height) - top];
    }
    this.#path.setAttribute("d", toPath(strokes));
    this.#cut.setAttribute("viewBox", `${left} ${top} ${width} ${height}`);
    for (const [name, value] of Object.entries(crop)) this.#box.setAttribute(name, `${value}`);
  }

  /**
   * Each square in white, blue or orange, as bright as its ink. Nothing is read back from a canvas: browsers that
   * protect privacy add noise to that.
   *
   * @param {Explanation} explanation
   * @param {number} digit
   */
  async #colour({ evidence }, digit) {
    const drawing = this.#drawing;
    await this.#seen.decode().catch(() => {});
    const paper = this.#evidence.getContext("2d");
    if (!paper || drawing !== this.#drawing) return;
    const colours = paper.createImageData(SIZE, SIZE);
    evidence.flat().forEach((value, i) => {
      const colour = value > 0 ? FOR : AGAINST;
      const share = Math.abs(value);
      colours.data.set([...colour.map((level) => 255 + share * (level - 255)), 255], 4 * i);
    });
    const tint = new OffscreenCanvas(SIZE, SIZE);
    tint.getContext("2d")?.putImageData(colours, 0, 0);
    paper.globalCompositeOperation = "copy";
    paper.drawImage(this.#seen, 0, 0);
    paper.globalCompositeOperation = "lighten";
    paper.fillStyle = PAPER;
    paper.fillRect(0, 0, SIZE, SIZE);
    paper.globalCompositeOperation = "multiply";
    paper.drawImage(tint, 0, 0);
    this.#name(digit);
  }

  /** @param {number} digit */
  async #pick(digit) {
    if (!this.#drawing) return;
    this.#asking.abort();
    const asking = (this.#asking = new AbortController());
    try {
      const { explanation } = await predict(this.#drawing, { explain: true, digit }, asking.signal);
      if (explanation && !asking.signal.aborted) void this.#colour(explanation, digit);
    } catch {
      if (asking.signal.aborted) return;
      this.#check(this.#shown); // so that it can be picked again
      write(this.#speaks, "The reader can’t be reached");
    }
  }

  /** @param {number | null} digit */
  #name(digit) {
    this.#shown = digit;
    const title = digit === null ? "What speaks for it" : `What speaks for ${article(digit)} ${digit}`;
    write(this.#speaks, title);
    this.#evidence.ariaLabel = title;
    this.#digits.disabled = digit === null;
    this.#check(digit);
  }

  /** @param {number | null} digit */
  #check(digit) {
    for (const input of this.#digits.querySelectorAll("input")) input.checked = input.value === `${digit}`;
  }
}
