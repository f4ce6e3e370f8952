/**
 * The pad: pointer events in, strokes out, and the paint in between.
 *
 * @import { Point, Stroke } from "./ink.js"
 * @typedef {object} PadEvents
 * @property {() => void} begun  a stroke has begun
 * @property {(stroke: Stroke) => void} moved  the stroke has grown; at most once a frame
 * @property {(stroke: Stroke) => void} ended  the stroke is whole
 * @property {() => void} dropped  the stroke was none
 */

import { PAD, PEN, isBeyond, isNear, toPoint } from "./ink.js";
import { paintSettled, paintStroke, paintTip } from "./paint.js";

/** For this long after a pen was near, a touch is the palm of the hand that holds it. */
const PALM_MS = 500;

/** With so few points a stroke may yet turn out to be the first finger of two that zoom. */
const FEW_POINTS = 12;

/** Bit of `PointerEvent.buttons` for the left mouse button, the finger, the tip of the pen. */
const PRIMARY = 1;

export class Pad {
  #canvas;
  #events;
  #context;
  /** Ink that is settled. Each frame copies it and paints only the tip of the line anew. */
  #dry = context(document.createElement("canvas"));
  /** @type {readonly Stroke[]} the whole strokes in #dry */
  #strokes = [];
  /** @type {Point[] | null} the stroke in progress */
  #wet = null;
  /** How many points of #wet are in #dry. */
  #settled = 0;
  /** @type {{ id: number, type: string } | null} the pointer that draws */
  #pointer = null;
  #penSeen = -Infinity;
  /** Whether it has strayed so far that the line no longer follows. */
  #isAway = false;
  /** Fingers on the screen, on the pad and elsewhere. */
  #fingers = 0;
  #frame = 0;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {PadEvents} events
   */
  constructor(canvas, events) {
    this.#canvas = canvas;
    this.#events = events;
    this.#context = context(canvas);

    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#lost(event));
    canvas.addEventListener("lostpointercapture", (event) => this.#lost(event));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault()); // a long press is a slow stroke
    // With Scribble on, an iPad keeps a pencil's moves to itself unless the touch is taken.
    canvas.addEventListener("touchmove", (event) => this.#touched(event), { passive: false });
    canvas.addEventListener("touchstart", (event) => (this.#fingers = event.touches.length), { passive: true });
    // Who has zoomed in until there is nothing but pad has to be able to zoom out. Else a second finger is a hand at rest.
    window.visualViewport?.addEventListener("resize", () => (canvas.style.touchAction = isZoomed() ? "pinch-zoom" : ""));
    canvas.addEventListener("contextrestored", () => this.#repaint());

    this.#watchSize();
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
      matchMedia(query).addEventListener("change", () => this.#repaint());
    }
  }

  get isDrawing() {
    return this.#wet !== null;
  }

  /** @param {readonly Stroke[]} strokes */
  show(strokes) {
    const same = strokes.length === this.#strokes.length && strokes.every((stroke, i) => stroke === this.#strokes[i]);
    this.#strokes = strokes;
    if (!same) this.#repaint();
  }

  /** End the stroke in progress where it is, as if the pen had been lifted. */
  lift() {
    const stroke = this.#wet;
    const pointer = this.#pointer;
    if (!stroke || !pointer) return;
    this.#settle(stroke);
    paintTip(this.#dry, stroke);
    this.#strokes = [...this.#strokes, stroke];
    this.#release(pointer.id);
    this.#paintSoon();
    this.#events.ended(stroke);
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const isPen = event.pointerType === "pen";
    if (isPen) this.#penSeen = event.timeStamp;
    if (event.button !== 0) return;
    if (this.#pointer) {
      if (!isPen || this.#pointer.type !== "touch") return;
      this.#release(this.#pointer.id); // it was the palm
      this.#repaint();
    } else if (event.pointerType === "touch" && event.timeStamp - this.#penSeen < PALM_MS) {
      return;
    }
    event.preventDefault();
    const [x, y] = this.#place(event, this.#canvas.getBoundingClientRect());
    this.#isAway = false;
    this.#begin({ id: event.pointerId, type: event.pointerType }, toPoint(x, y));
  }

  /**
   * @param {{ id: number, type: string }} pointer
   * @param {Point} point
   */
  #begin(pointer, point) {
    this.#pointer = pointer;
    this.#wet = [point];
    this.#settled = 0;
    try {
      this.#canvas.setPointerCapture(pointer.id);
    } catch {
      // The pointer is gone already; its pointerup or pointercancel is on the way.
    }
    this.#events.begun();
    this.#paintSoon();
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (event.pointerType === "pen") this.#penSeen = event.timeStamp;
    if (event.pointerId !== this.#pointer?.id) return;
    // Where two mouse buttons were down, letting go of one is a move, not an up.
    if (event.buttons & PRIMARY) this.#follow(event);
    else this.lift();
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (event.pointerType === "pen") this.#penSeen = event.timeStamp;
    if (event.pointerId !== this.#pointer?.id) return;
    this.#follow(event);
    this.lift();
  }

  /** @param {PointerEvent} event  whose coordinates may mean nothing */
  #lost(event) {
    if (event.pointerId !== this.#pointer?.id) return;
    if (event.type === "pointercancel" && this.#mayZoom()) {
      this.#release(event.pointerId);
      this.#repaint();
      this.#events.dropped();
    } else {
      this.lift();
    }
  }

  /** @param {TouchEvent} event */
  #touched(event) {
    this.#fingers = event.touches.length;
    if (event.cancelable && !this.#mayZoom()) event.preventDefault();
  }

  /** Two fingers zoom out again, unless the first has drawn already. */
  #mayZoom() {
    return isZoomed() && this.#fingers > 1 && (this.#wet?.length ?? 0) <= FEW_POINTS;
  }

  /** @param {PointerEvent} event */
  #follow(event) {
    if (!this.#wet) return;
    const box = this.#canvas.getBoundingClientRect();
    const between = event.getCoalescedEvents?.() ?? [];
    for (const each of between.length > 0 ? between : [event]) {
      const [x, y] = this.#place(each, box);
      const wasAway = this.#isAway;
      this.#isAway = isBeyond(x, y);
      if (wasAway && this.#isAway) continue; // or the line would creep along an edge that nobody can see
      const point = toPoint(x, y);
      const pointer = this.#pointer;
      if (wasAway && pointer) {
        this.lift(); // what it did outside is no line
        this.#begin(pointer, point);
      } else if (!isNear(point, this.#wet[this.#wet.length - 1])) {
        this.#wet.push(point);
      }
    }
    this.#paintSoon();
  }

  /**
   * @param {PointerEvent} event
   * @param {DOMRect} box
   */
  #place(event, box) {
    return [((event.clientX - box.left) / box.width) * PAD, ((event.clientY - box.top) / box.height) * PAD];
  }

  /** @param {number} pointer */
  #release(pointer) {
    this.#wet = null;
    this.#pointer = null;
    if (this.#canvas.hasPointerCapture(pointer)) this.#canvas.releasePointerCapture(pointer);
  }

  /** Keep as many pixels in the canvas as the screen has under it. */
  #watchSize() {
    const observer = new ResizeObserver(([entry]) => {
      const about = entry.contentRect.width * devicePixelRatio;
      const exact = entry.devicePixelContentBoxSize?.[0].inlineSize ?? 0;
      // Where a ratio is only emulated, as in developer tools, the exact size is that of another screen.
      this.#fit(Math.abs(exact - about) < 2 ? exact : Math.round(about));
    });
    try {
      observer.observe(this.#canvas, { box: "device-pixel-content-box" });
    } catch {
      observer.observe(this.#canvas); // Safari, where a zoom changes the pixel ratio and this box does not
      window.addEventListener("resize", () => this.#fit(Math.round(this.#canvas.clientWidth * devicePixelRatio)));
    }
  }

  /** @param {number} side  in pixels of the screen */
  #fit(side) {
    if (side === 0 || side === this.#canvas.width) return;
    for (const { canvas } of [this.#context, this.#dry]) canvas.width = canvas.height = side;
    this.#repaint();
  }

  /** Everything from the strokes, at once: after a resize the canvas must not be seen empty. */
  #repaint() {
    const { width } = this.#canvas;
    const colour = getComputedStyle(this.#canvas).color;
    for (const paper of [this.#context, this.#dry]) {
      paper.setTransform(width / PAD, 0, 0, width / PAD, 0, 0);
      paper.lineWidth = PEN;
      paper.lineCap = paper.lineJoin = "round";
      paper.strokeStyle = paper.fillStyle = colour;
    }
    wipe(this.#dry);
    for (const stroke of this.#strokes) paintStroke(this.#dry, stroke);
    this.#settled = 0;
    this.#paint();
  }

  #paintSoon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#paint();
      if (this.#wet) this.#events.moved(this.#wet);
    });
  }

  #paint() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const stroke = this.#wet;
    if (stroke) this.#settle(stroke);
    wipe(this.#context);
    this.#context.drawImage(this.#dry.canvas, 0, 0, PAD, PAD);
    if (stroke) paintTip(this.#context, stroke);
  }

  /** @param {Stroke} stroke  the one in progress */
  #settle(stroke) {
    this.#settled = paintSettled(this.#dry, stroke, this.#settled);
  }
}

function isZoomed() {
  return (window.visualViewport?.scale ?? 1) > 1.01;
}

/** @param {HTMLCanvasElement} canvas */
function context(canvas) {
  const paper = canvas.getContext("2d");
  if (!paper) throw new Error("This browser has no 2D canvas.");
  return paper;
}

/** @param {CanvasRenderingContext2D} paper */
function wipe(paper) {
  paper.clearRect(0, 0, PAD, PAD);
}
