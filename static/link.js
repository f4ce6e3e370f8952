/**
 * A drawing as the fragment of an address, which no server is ever sent: `#d=` and then, in base64url, each stroke's
 * number of points and the steps from point to point, in hundredths of a pad unit, seven bits to a byte. About five
 * characters for each point, and every point comes back as it was.
 *
 * @import { Stroke } from "./ink.js"
 */

import { toPoint } from "./ink.js";

const KEY = "#d=";

/** As many as the server reads. */
const MAX_POINTS = 20_000;

/** @param {readonly Stroke[]} strokes */
export function toFragment(strokes) {
  /** @type {number[]} */
  const bytes = [];
  /** @param {number} number  a whole one, at least 0 */
  const put = (number) => {
    for (; number > 127; number = Math.floor(number / 128)) bytes.push((number % 128) + 128);
    bytes.push(number);
  };
  const last = [0, 0];
  for (const stroke of strokes) {
    put(stroke.length);
    for (const point of stroke) {
      for (const axis of [0, 1]) {
        const value = Math.round(100 * point[axis]);
        const step = value - last[axis];
        put(step < 0 ? -2 * step - 1 : 2 * step);
        last[axis] = value;
      }
    }
  }
  const text = btoa(bytes.map((byte) => String.fromCharCode(byte)).join(""));
  return KEY + text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * Whether a fragment is meant to hold a drawing.
 *
 * @param {string} fragment
 */
export function isLink(fragment) {
  return fragment.startsWith(KEY);
}

/**
 * The strokes in a fragment, or null where it holds none that can be drawn.
 *
 * @param {string} fragment
 * @returns {Stroke[] | null}
 */
export function fromFragment(fragment) {
  if (!isLink(fragment)) return null;
  try {
    const bytes = atob(fragment.slice(KEY.length).replaceAll("-", "+").replaceAll("_", "/"));
    let at = 0;
    const take = () => {
      let number = 0;
      for (let scale = 1, byte = 128; byte > 127; scale *= 128) {
        byte = bytes.charCodeAt(at++);
        number += (byte % 128) * scale;
      }
      return number;
    };
    const last = [0, 0];
    const step = (/** @type {0 | 1} */ axis) => {
      const number = take();
      return (last[axis] += number % 2 ? -(number + 1) / 2 : number / 2);
    };
    /** @type {Stroke[]} */
    const strokes = [];
    for (let points = 0; at < bytes.length; ) {
      const length = take();
      points += length;
      if (length === 0 || points > MAX_POINTS) return null;
      strokes.push(Array.from({ length }, () => toPoint(step(0) / 100, step(1) / 100)));
    }
    return at === bytes.length && strokes.length > 0 ? strokes : null;
  } catch {
    return null; // not base64
  }
}
