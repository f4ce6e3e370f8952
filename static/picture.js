/**
 * Pictures, the other way in: chosen, dropped on the page, or pasted.
 */

/** What the server reads, and how much of it by default. */
const READ = new Set(["image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp"]);
const MOST_BYTES = 10_000_000;

/** Pictures larger than this are sent smaller: of a phone's photograph, 12 million pixels in 4 MB, hardly any matter. */
const LARGE_BYTES = 1_000_000;
const LARGE_PIXELS = 5_000_000;

/** What is sent smaller has this many pixels on its longer side: a digit in the corner of a page still has enough. */
const SIDE = 1_600;

/**
 * @param {HTMLInputElement} input
 * @param {(picture: File) => void} chosen  with a file that is a picture, as far as the browser can tell, or none at all
 */
export function acceptPictures(input, chosen) {
  let latest = 0;
  /** @param {Iterable<File>} files */
  const take = async (files) => {
    const all = Array.from(files);
    const file = all.find(({ type }) => type.startsWith("image/")) ?? all[0];
    if (!file) return;
    const turn = ++latest;
    const picture = await fit(file);
    if (turn === latest) chosen(picture);
  };

  input.addEventListener("change", () => {
    void take(Array.from(input.files ?? []));
    input.value = ""; // so that the same file can be chosen again
  });

  document.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files ?? [];
    if (files.length === 0) return;
    event.preventDefault();
    void take(files);
  });

  const { dataset } = document.documentElement;
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    dataset.dropping = "";
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) delete dataset.dropping; // out of the window
  });
  document.addEventListener("drop", (event) => {
    delete dataset.dropping;
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // even where it is no picture: a miss must not open the file and lose the drawing
    void take(event.dataTransfer.files);
  });
}

/**
 * Why the server would not even look at a file, as the `type` of its refusal; null if it would.
 *
 * @param {File} file
 */
export function whyNot({ type, size }) {
  if (!READ.has(type)) return "unsupported-media";
  return size > MOST_BYTES ? "too-large" : null;
}

/**
 * The same picture, small enough to be sent and in a format that is read, if this browser can make it so.
 *
 * @param {File} file
 */
async function fit(file) {
  if (!canCopy()) return file;
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    const [width, height] = [image.naturalWidth || SIDE, image.naturalHeight || SIDE]; // an SVG may have no size
    if (READ.has(file.type) && file.size <= LARGE_BYTES && width * height <= LARGE_PIXELS) return file;
    const scale = Math.min(1, SIDE / Math.max(width, height));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
    const paper = canvas.getContext("2d");
    if (!paper) return file;
    paper.imageSmoothingQuality = "high";
    paper.drawImage(image, 0, 0, canvas.width, canvas.height);
    const { data } = paper.getImageData(0, 0, canvas.width, canvas.height);
    const type = isOpaque(data) ? "image/jpeg" : "image/png";
    const blob = await new Promise((/** @type {BlobCallback} */ done) => canvas.toBlob(done, type, 0.92));
    const name = READ.has(file.type) ? file.name : ""; // no file that a server reads is like this copy
    return blob ? new File([blob], name, { type: blob.type }) : file;
  } catch {
    return file; // this browser cannot read it: perhaps the server can
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

/** @param {Uint8ClampedArray} pixels  red, green, blue, alpha */
function isOpaque(pixels) {
  for (let i = 3; i < pixels.length; i += 4) if (pixels[i] < 255) return false;
  return true;
}

/** Whether a canvas gives back what was painted on it: browsers that protect privacy add noise, or give nothing. */
function canCopy() {
  const paper = document.createElement("canvas").getContext("2d");
  if (!paper) return false;
  paper.fillStyle = "rgb(10 120 200)";
  paper.fillRect(0, 0, 16, 16);
  const { data } = paper.getImageData(0, 0, 16, 16);
  return data.every((value, i) => value === [10, 120, 200, 255][i % 4]);
}
