/**
 * What is on the pad, and how it came there. Nothing here touches the page.
 *
 * A drawing is strokes or a picture, never both. Drawings are never changed, only replaced, so undo, redo and a clear
 * that can be undone are all the same thing: a step along a row of drawings.
 *
 * @typedef {readonly [x: number, y: number]} Point  in pad units, y downwards
 * @typedef {readonly Point[]} Stroke  pen down to pen up; one point is a dot
 * @typedef {{ readonly strokes: readonly Stroke[], readonly picture: Blob | null }} Drawing
 */

/** The pad is this many units wide and high, whatever its size on the screen. */
export const PAD = 280;

/** Width of the pen in pad units: a felt tip on a school slate. */
export const PEN = 13;

/** A hand may leave the pad by this many units before the line stops following: enough for the foot of a 1. */
const BEYOND = 28;

/** A point nearer to the last one than this adds bytes, not shape. */
const NEAR = 0.75;

/** So many steps can be undone; each holds on to a list of its strokes. */
const MOST_STEPS = 1_000;

/** @type {Drawing} */
export const BLANK = Object.freeze({ strokes: Object.freeze([]), picture: null });

/** @param {Drawing} drawing */
export function isBlank(drawing) {
  return drawing.strokes.length === 0 && drawing.picture === null;
}

/**
 * A stroke on top of a picture starts a new drawing.
 *
 * @param {Drawing} drawing
 * @param {Stroke} stroke
 * @returns {Drawing}
 */
export function withStroke(drawing, stroke) {
  return { strokes: [...drawing.strokes, stroke], picture: null };
}

/**
 * A point in pad units with two decimals, kept from straying far outside the pad.
 *
 * @param {number} x
 * @param {number} y
 * @returns {Point}
 */
export function toPoint(x, y) {
  return [tidy(x), tidy(y)];
}

/**
 * Whether the line stops following a pen that has strayed so far.
 *
 * @param {number} x
 * @param {number} y
 */
export function isBeyond(x, y) {
  return Math.min(x, y) < -BEYOND || Math.max(x, y) > PAD + BEYOND;
}

/** @param {number} value */
function tidy(value) {
  return Math.round(100 * Math.min(PAD + BEYOND, Math.max(-BEYOND, value))) / 100;
}

/**
 * @param {Point} a
 * @param {Point} b
 */
export function isNear(a, b, near = NEAR) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]) < near;
}

/**
 * What is sent of strokes: where a pen gives a thousand points a second, a third of them say the same.
 *
 * @param {readonly Stroke[]} strokes
 */
export function thinned(strokes) {
  const near = Math.min(3, strokes.flat().length / 200);
  return strokes.map((stroke) => {
    let last = stroke[0];
    return stroke.filter((point, i) => {
      const isKept = i === 0 || i === stroke.length - 1 || !isNear(point, last, near);
      if (isKept) last = point;
      return isKept;
    });
  });
}

/** The drawings of this visit, with the one on the pad in the middle. */
export class History {
  /** @type {Drawing[]} */
  #past = [];
  /** @type {Drawing} */
  #present = BLANK;
  /** @type {Drawing[]} */
  #future = [];

  get drawing() {
    return this.#present;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  get canClear() {
    return !isBlank(this.#present);
  }

  /** @param {Stroke} stroke */
  add(stroke) {
    this.#step(withStroke(this.#present, stroke));
  }

  /** @param {Drawing} drawing */
  put(drawing) {
    if (drawing !== this.#present) this.#step(drawing);
  }

  clear() {
    if (this.canClear) this.#step(BLANK);
  }

  undo() {
    const drawing = this.#past.pop();
    if (!drawing) return;
    this.#future.push(this.#present);
    this.#present = drawing;
  }

  redo() {
    const drawing = this.#future.pop();
    if (!drawing) return;
    this.#past.push(this.#present);
    this.#present = drawing;
  }

  /** @param {Drawing} drawing */
  #step(drawing) {
    this.#past.push(this.#present);
    if (this.#past.length > MOST_STEPS) this.#past.shift();
    this.#present = drawing;
    this.#future = [];
  }
}
