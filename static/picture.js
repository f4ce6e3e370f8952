/**
 * Pictures, the other way in: chosen, dropped on the page, or pasted.
 *
 * @param {HTMLInputElement} input
 * @param {(picture: File) => void} chosen
 */
export function acceptPictures(input, chosen) {
  /** @param {DataTransfer | null} data */
  const take = (data) => {
    const picture = Array.from(data?.files ?? []).find((file) => file.type.startsWith("image/"));
    if (picture) chosen(picture);
    return picture !== undefined;
  };

  input.addEventListener("change", () => {
    const [picture] = input.files ?? [];
    if (picture) chosen(picture);
    input.value = ""; // so that the same file can be chosen again
  });

  document.addEventListener("paste", (event) => {
    if (take(event.clipboardData)) event.preventDefault();
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
    take(event.dataTransfer);
  });
}
