/**
 * The page: pad, history, reader and result, wired together.
 *
 * @import { Answer } from "./reader.js"
 */

import { find } from "./elements.js";
import { History, isBlank, withStroke } from "./ink.js";
import { Pad } from "./pad.js";
import { acceptPictures } from "./picture.js";
import { Reader } from "./reader.js";
import { Result } from "./result.js";

const sheet = find("#sheet", HTMLElement);
const picture = find("#picture", HTMLImageElement);
const undoButton = find("#undo", HTMLButtonElement);
const redoButton = find("#redo", HTMLButtonElement);
const clearButton = find("#clear", HTMLButtonElement);

const history = new History();
const result = new Result(find("#result", HTMLElement), find("#chances", HTMLElement), find("#seen", HTMLImageElement));
const reader = new Reader("predict", { answered, troubled: (trouble) => result.troubled(trouble) });
const pad = new Pad(find("#pad", HTMLCanvasElement), {
  begun() {
    sheet.dataset.holds = "strokes";
    if (!reader.isFailing) result.drawing();
  },
  moved(stroke) {
    reader.ask(withStroke(history.drawing, stroke), false);
  },
  ended(stroke) {
    history.add(stroke);
    changed();
  },
});

/** The drawing is another one: show it, and have it read. */
function changed() {
  const { drawing } = history;
  pad.show(drawing.strokes);
  hang(drawing.picture);
  sheet.dataset.holds = drawing.picture ? "picture" : isBlank(drawing) ? "nothing" : "strokes";
  undoButton.disabled = !history.canUndo;
  redoButton.disabled = !history.canRedo;
  clearButton.disabled = !history.canClear;
  if (isBlank(drawing)) {
    reader.stop();
    result.empty();
  } else {
    if (!reader.isFailing) result.waiting();
    reader.ask(drawing, true);
  }
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

/**
 * @param {Answer} answer
 * @param {boolean} settled
 */
function answered(answer, settled) {
  if (pad.isDrawing) result.glimpse(answer, "drawing");
  else if (settled) result.answered(answer);
  else result.glimpse(answer, "waiting");
}

/** @param {() => void} step  of the history */
function take(step) {
  pad.lift();
  const before = history.drawing;
  step();
  if (history.drawing !== before) changed();
}

const undo = () => take(() => history.undo());
const redo = () => take(() => history.redo());
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

acceptPictures(find("#file", HTMLInputElement), (file) => take(() => history.put(file)));

changed();
