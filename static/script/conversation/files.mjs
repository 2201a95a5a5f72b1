// Enhances the place to write: files that are chosen, pasted or dropped stand in rows above the text until they are sent.
import { sizeWords } from "../letters/sizes.mjs";
import { find, findAll } from "../page.mjs";

/** What stands against sending a file of this size; nothing when it can be sent. */
export function problemOf(bytes, limit) {
  if (bytes === 0) return "It has nothing in it, and a message is never empty.";
  return bytes > limit ? `${sizeWords(bytes)} is more than ${sizeWords(limit)}, the most this server takes.` : "";
}

/** Only pictures that the server shows too. */
export const isPicture = (file) => /^image\/(png|jpeg|gif|webp)$/.test(file.type);

export function files(form) {
  const input = find("[type=file]", form);
  const rows = find(".chosen", form);
  const field = find("textarea", form);
  const limit = Number(form.dataset.limit);
  let chosen = [];
  const pattern = find("#chosen-file").content.firstElementChild;
  const row = (entry) => {
    const made = pattern.cloneNode(true);
    const problem = problemOf(entry.file.size, limit);
    find("bdi", made).textContent = entry.file.name;
    find(".hint", made).textContent = problem || `${sizeWords(entry.file.size)} of at most ${sizeWords(limit)}`;
    made.classList.toggle("bad", Boolean(problem));
    const picture = find("img", made);
    if (isPicture(entry.file) && !problem) picture.src = entry.address = URL.createObjectURL(entry.file);
    else picture.remove();
    find("button", made).addEventListener("click", () => {
      if (entry.address) URL.revokeObjectURL(entry.address);
      chosen = chosen.filter((other) => other !== entry);
      made.remove();
      rows.hidden = !chosen.length;
      (find("button", rows) || field).focus();
    });
    return made;
  };
  const add = (more) => {
    const entries = [...more].map((file) => ({ file, address: "" }));
    chosen.push(...entries);
    rows.append(...entries.map(row));
    rows.hidden = !chosen.length;
    if (entries.length) field.focus();
  };
  const take = () => {
    add(input.files);
    input.value = "";
  };
  input.addEventListener("change", take);
  if (input.files.length) take();
  addEventListener("paste", (event) => {
    const pasted = event.clipboardData?.files || [];
    if (!pasted.length) return;
    event.preventDefault();
    add(pasted);
  });
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const show = (is) => form.classList.toggle("dropping", is);
  addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    show(true);
  });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) show(false); });
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    show(false);
    add(event.dataTransfer.files);
  });
  return {
    any: () => chosen.length > 0,
    /** Whether one of them cannot be sent, which then has the focus. */
    areWrong() {
      const bad = find(".bad button", rows);
      bad?.focus();
      return Boolean(bad);
    },
    take() {
      const taken = chosen;
      chosen = [];
      findAll("li", rows).forEach((made) => made.remove());
      rows.hidden = true;
      return taken;
    },
  };
}
