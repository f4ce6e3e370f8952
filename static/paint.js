/**
 * Strokes to curves. Each curve runs from the middle of one pair of points to the middle of the next with the shared
 * point as its control, so a line has no corners that the hand did not make, and the newest point moves only the tip.
 *
 * @import { Point, Stroke } from "./ink.js"
 * @typedef {CanvasRenderingContext2D} Context
 */

/**
 * Paint the part of a stroke that no later point can change.
 *
 * @param {Context} context  scaled to pad units, with its colour and pen set
 * @param {Stroke} stroke
 * @param {number} from  how many points of it earlier calls have settled
 * @returns {number} how many points are settled now
 */
export function paintSettled(context, stroke, from) {
  const last = stroke.length - 1;
  if (last < 1 || from >= last) return from;
  context.beginPath();
  if (from === 0) {
    context.moveTo(...stroke[0]);
    context.lineTo(...middle(stroke[0], stroke[1]));
  } else {
    context.moveTo(...middle(stroke[from - 1], stroke[from]));
  }
  for (let i = Math.max(from, 1); i < last; i++) {
    context.quadraticCurveTo(...stroke[i], ...middle(stroke[i], stroke[i + 1]));
  }
  context.stroke();
  return last;
}

/**
 * Paint the end of a stroke up to its last point; for a stroke of one point, the dot.
 *
 * @param {Context} context
 * @param {Stroke} stroke
 */
export function paintTip(context, stroke) {
  const last = stroke[stroke.length - 1];
  context.beginPath();
  if (stroke.length === 1) {
    context.arc(...last, context.lineWidth / 2, 0, 2 * Math.PI);
    context.fill();
  } else {
    context.moveTo(...middle(stroke[stroke.length - 2], last));
    context.lineTo(...last);
    context.stroke();
  }
}

/**
 * @param {Context} context
 * @param {Stroke} stroke
 */
export function paintStroke(context, stroke) {
  paintSettled(context, stroke, 0);
  paintTip(context, stroke);
}

/**
 * The same curves as the `d` of an SVG path.
 *
 * @param {readonly Stroke[]} strokes
 */
export function toPath(strokes) {
  return strokes.map((stroke) => {
    const bends = stroke.slice(1).map((point, i) => `${i === 0 ? "L" : `Q${stroke[i]} `}${middle(stroke[i], point)}`);
    return `M${stroke[0]}${bends.join("")}L${stroke[stroke.length - 1]}`;
  }).join("");
}

/**
 * @param {Point} a
 * @param {Point} b
 * @returns {[x: number, y: number]}
 */
function middle(a, b) {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}
