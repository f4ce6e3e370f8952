/**
 * The page: pad, history, reader and result, wired together.
 *
 * @import { Drawing } from "./ink.js"
 * @import { Answer, Trouble } from "./reader.js"
 */

import { find } from "./elements.js";
import { History, isBlank, withStroke } from "./ink.js";
import { fromFragment, isLink, toFragment } from "./link.js";
import { Pad } from "./pad.js";
import { Past } from "./past.js";
import { acceptPictures, whyNot } from "./picture.js";
import { Reader } from "./reader.js";
import { Result } from "./result.js";
import { Shelf } from "./shelf.js";
import { Take } from "./take.js";
import { Why } from "./why.js";

/** Time between two looks whether the reader is back. */
const KNOCK_MS = 3_000;

const desk = find(".desk", HTMLElement);
const sheet = find("#sheet", HTMLElement);
const picture = find("#picture", HTMLImageElement);
const undoButton = find("#undo", HTMLButtonElement);
const redoButton = find("#redo", HTMLButtonElement);
const clearButton = find("#clear", HTMLButtonElement);
const file = find("#file", HTMLInputElement);

const history = new History();

/** @type {{ drawing: Drawing, answer: Answer | null } | null} the drawing on the sheet, and its answer once that is settled */
let current = null;

/** @type {Drawing | null} the drawing whose answer can be seen, be it to the first half of it */
let shown = null;

/** @type {Drawing | null} the drawing with the stroke in progress */
let live = null;

const result = new Result(find("#result", HTMLElement), find("#chances", HTMLElement));
const why = new Why(picture);
const past = new Past(find(".past", HTMLElement));
const tray = new Take();
const shelf = new Shelf(find(".shelf", HTMLElement), find("#shelf", HTMLElement), (drawing) => {
  put(drawing);
});
const reader = new Reader({ answered, troubled });
const pad = new Pad(find("#pad", HTMLCanvasElement), {
  begun() {
    sheet.dataset.holds = "strokes";
    if (!reader.isFailing) result.unanswered("drawing", history.drawing.picture !== null);
  },
  moved(stroke) {
    live = withStroke(history.drawing, stroke);
    reader.ask(live, false);
    past.read(live);
  },
  ended(stroke) {
    history.add(stroke);
    changed();
  },
  dropped: changed,
});

/** Shortest time between two memories: browsers allow a hundred in half a minute. */
const REST_MS = 400;

let resting = 0;
let earliest = 0;

/** @type {Drawing | null} the one that the address carries; it goes from there once it is another one */
let linked = null;

/** The drawing is another one: show it, and have it read. */
function changed() {
  const { drawing } = history;
  if (linked && linked !== drawing) {
    linked = null;
    window.history.replaceState(null, "", location.pathname + location.search);
  }
  if (current && !continues(current.drawing, drawing)) shelf.keep(current.drawing, current.answer);
  current = isBlank(drawing) ? null : { drawing, answer: null };
  live = null;
  pad.show(drawing.strokes);
  hang(drawing.picture);
  sheet.dataset.holds = drawing.picture ? "picture" : isBlank(drawing) ? "nothing" : "strokes";
  const { activeElement } = document; // newer browsers take the focus from a button as soon as it is disabled
  undoButton.disabled = !history.canUndo;
  redoButton.disabled = !history.canRedo;
  clearButton.disabled = !history.canClear;
  if (isBlank(drawing)) {
    if (reader.isFailing) void knock(false);
    reader.stop();
    shown = null;
    result.empty();
    why.empty();
    past.empty();
  } else {
    if (!reader.isFailing) result.unanswered("waiting", !shown || !continues(shown, drawing));
    reader.ask(drawing, true);
  }
  tray.offer(drawing, null);
  // The keyboard's place is not lost with a button that has nothing left to do.
  if (activeElement?.matches(":disabled")) file.focus({ preventScroll: true });
  clearTimeout(resting);
  resting = setTimeout(remember, earliest - performance.now());
}

/**
 * Whether one drawing is the other with strokes added or taken away, and not another one.
 *
 * @param {Drawing} before
 * @param {Drawing} after
 */
function continues(before, after) {
  return before.picture === null && before.strokes[0] === after.strokes[0];
}

/** @type {Blob | null} */
let hung = null;

/** @param {Blob | null} blob */
function hang(blob) {
  if (blob === hung) return;
  hung = blob;
  URL.revokeObjectURL(picture.src);
  if (blob) picture.src = URL.createObjectURL(blob);
  else picture.removeAttribute("src");
}

picture.addEventListener("error", () => {
  URL.revokeObjectURL(picture.src);
  picture.removeAttribute("src"); // or a browser paints that it is broken; the answer says so in words
});

/**
 * @param {Answer} answer
 * @param {boolean} settled
 */
function answered(answer, settled) {
  if (pad.isDrawing && answer.verdict === "not_a_digit") return; // nor is the first half of a 7
  shown = live ?? history.drawing;
  if (pad.isDrawing) result.glimpse(answer, "drawing");
  else if (settled) settle(answer);
  else result.glimpse(answer, "waiting");
}

/** @param {Answer} answer  to the drawing as it stands */
function settle(answer) {
  const { drawing } = history;
  current = { drawing, answer };
  result.answered(answer);
  why.show(drawing, answer);
  past.read(drawing);
  tray.offer(drawing, answer);
}

/** @param {Trouble} trouble */
function troubled(trouble) {
  result.troubled(trouble);
  if (trouble.kind === "slow") return;
  if (trouble.kind === "refused") current = null;
  shown = null;
  why.empty();
  past.empty();
}

/**
 * @param {() => void} step  of the history
 * @param {boolean} [isFinished]  whether what it takes off the sheet is worth keeping
 */
function take(step, isFinished = true) {
  pad.lift();
  const before = history.drawing;
  step();
  if (history.drawing === before) return;
  if (!isFinished) current = null;
  changed();
}

/** @param {Drawing} drawing  that may come from far down the page */
function put(drawing) {
  take(() => history.put(drawing));
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  desk.scrollIntoView({ block: "nearest", behavior: isCalm ? "instant" : "smooth" });
}

const undo = () => take(() => history.undo(), false);
const redo = () => take(() => history.redo(), false);
const clear = () => take(() => history.clear());

undoButton.addEventListener("click", undo);
redoButton.addEventListener("click", redo);
clearButton.addEventListener("click", clear);

document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  const command = (event.ctrlKey || event.metaKey) && !event.altKey;
  let step;
  if (command && key === "z") step = event.shiftKey ? redo : undo;
  else if (command && key === "y" && !event.shiftKey) step = redo;
  else if (key === "escape" && !command) step = clear;
  if (!step) return;
  event.preventDefault();
  step();
});

acceptPictures(file, (picture) => {
  const reason = whyNot(picture);
  if (reason) result.aside(reason);
  else put({ strokes: [], picture });
});

/** A link that carries a drawing puts it on the sheet. */
function open() {
  const strokes = fromFragment(location.hash);
  if (strokes) {
    const drawing = { strokes, picture: null };
    take(() => {
      linked = drawing; // after the stroke in progress
      history.put(drawing);
    });
  } else if (isLink(location.hash) && isBlank(history.drawing)) {
    result.aside("damaged");
  }
}

/**
 * Strokes outlive a reload, a look at another page, and a phone that put the tab to sleep. They are kept with the
 * tab's own history: no storage that a private window lacks, and nothing for the next visitor to find.
 */
function remember() {
  const { strokes } = history.drawing;
  const state = strokes.length > 0 ? toFragment(strokes) : null;
  try {
    if (state === window.history.state) return;
    window.history.replaceState(state, "");
    earliest = performance.now() + REST_MS;
  } catch {
    // More than a browser keeps, or more often than it allows: the drawing is still on the sheet.
  }
}

document.addEventListener("visibilitychange", () => document.hidden && remember());
window.addEventListener("hashchange", open);
changed();
const kept = fromFragment(`${window.history.state}`);
if (kept && !isLink(location.hash)) take(() => kept.forEach((stroke) => history.add(stroke)));
open();
performance.mark("drawable");

// A page that comes from the service worker may come without a server.
if (navigator.serviceWorker?.controller) void knock(false);

let knocking = 0;

/**
 * Say on an empty pad that nobody would read, until somebody would.
 *
 * @param {boolean} isSaid
 */
async function knock(isSaid) {
  const isThere = await reader.isThere();
  if (!isBlank(history.drawing) || pad.isDrawing) return; // the answer will say
  if (isThere) {
    if (isSaid) result.empty();
  } else {
    result.troubled({ kind: "away" });
    clearTimeout(knocking); // of another one, which began at an earlier clear
    knocking = setTimeout(() => knock(true), KNOCK_MS);
  }
}

window.addEventListener("load", () => {
  // Not there without HTTPS. It waits for all else: nobody needs it on a first visit.
  navigator.serviceWorker?.register("sw.js").catch(() => {});
});
