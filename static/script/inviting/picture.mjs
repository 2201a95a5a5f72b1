// Enhances the choice of a picture for visitors: it is drawn anew, so that nothing goes out that a camera wrote beside it.
import { find } from "../page.mjs";

/** Pixels of the longer side, which are tried until a picture is small enough. Pages show none larger than the smallest. */
const SIDES = [512, 384, 256, 128];
const QUALITY = 0.85;

async function drawn(image, side, type) {
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height].map((length) => Math.max(1, Math.round(length * scale)));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, type, QUALITY));
}

/** The same picture without whatever else is in its file, at most `most` bytes long; null where it cannot be shown. */
async function bareOf(file, most) {
  const image = await createImageBitmap(file).catch(() => null);
  for (const side of image ? SIDES : []) {
    for (const type of [file.type, "image/webp"]) {
      const blob = await drawn(image, side, type);
      if (blob?.size <= most) return new File([blob], "picture", { type: blob.type });
    }
  }
  return null;
}

const input = find("#picture");
let work = null;

input.addEventListener("change", () => {
  const [file] = input.files;
  find("#no-picture").hidden = true;
  work = null;
  if (!file) return;
  const mine = bareOf(file, Number(input.dataset.most)).catch(() => null).then((bare) => {
    // Another one was chosen meanwhile.
    if (work !== mine) return;
    const files = new DataTransfer();
    if (bare) files.items.add(bare);
    input.files = files.files;
    find("#no-picture").hidden = bare !== null;
    work = null;
  });
  work = mine;
});

// The file of before must not go out in its place.
input.form.addEventListener("submit", (event) => {
  if (!work) return;
  event.preventDefault();
  work.then(() => input.form.requestSubmit());
});
