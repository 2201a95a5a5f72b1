// Enhances the composer of a counterparty's page: what is sent stands there at once, and stays until it has arrived.
import { element, filled } from "../letters/bubble.mjs";
import { find, findAll } from "../page.mjs";
import { base64urlOf, bytesOf, textOf } from "../sealing/text.mjs";
import { toEnd } from "./show.mjs";

const TEXT = "text/plain; charset=utf-8";

/**
 * The composer. `pack` makes `{type, body}` what goes out, `write` sends that, `sent` is told of what arrived, `ended` of every
 * try; `refused` says why nothing did. `device` keeps the draft, encrypted; without one there is none.
 */
export class Composer {
  constructor(form, outbox, { device, pack, write, sent, refused, ended }) {
    Object.assign(this, { form, outbox, device, pack, write, sent, refused, ended, trying: 0 });
    this.saved = this.before = Promise.resolve();
    this.field = find("textarea", form);
    this.restore();
    this.field.addEventListener("input", () => this.keep());
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    // What shows files before they go out comes when somebody is about to write; whatever was chosen by then waits.
    form.addEventListener("focusin", async () => {
      const [{ files }, { typeOf }] = await Promise.all([import("../conversation/files.mjs"), import("../letters/types.mjs")]);
      Object.assign(this, { files: files(form), typeOf });
    }, { once: true });
  }

  async restore() {
    const draft = this.device && (await this.device.wrote("draft"));
    if (draft && this.field.value === "") this.field.value = textOf(draft.body);
  }

  /** Keeps the draft as it is by then: one keeping after the other. */
  keep() {
    const save = () => this.device?.keep("draft", { type: TEXT, body: bytesOf(this.field.value.toWellFormed()) });
    this.saved = this.saved.then(save);
  }

  async submit() {
    if (this.files?.areWrong()) return;
    const text = this.field.value.trim();
    this.field.value = "";
    this.keep();
    if (text) this.send({ type: TEXT, body: bytesOf(text.toWellFormed()) });
    this.field.focus();
    for (const { file, address } of this.files?.take() ?? []) {
      if (address) URL.revokeObjectURL(address);
      this.send({ type: this.typeOf(file), body: new Uint8Array(await file.arrayBuffer()) });
    }
  }

  /** Shows a letter as on its way and sends it; the same bytes under the same key until the server says that it has none of them. */
  send(letter) {
    const state = element("p", { class: "state small", role: "status" });
    const said = element("div", { class: "bubble" }, ...filled(letter, null));
    const says = element("div", { class: "says" }, element("article", { class: "say" }, said), state);
    const turn = element("section", { class: "turn own" }, says);
    this.outbox.append(turn);
    toEnd();
    // Plain http has no `randomUUID`.
    this.attempt({ letter, key: base64urlOf(crypto.getRandomValues(new Uint8Array(12))), turn, state });
  }

  /** One after the other, so that they arrive in the order of their numbers. */
  async attempt(one) {
    one.turn.dataset.state = "sending";
    one.state.replaceChildren("Sending");
    this.trying += 1;
    this.before = this.before.then(() => this.post(one));
    await this.before;
    this.trying -= 1;
    await this.ended();
    // By now it stands among the others.
    if (one.turn.dataset.state === "sent") one.turn.remove();
  }

  async post(one) {
    try {
      one.packed ??= await this.pack(one.letter);
      const stored = await this.write(one.packed.body, { type: one.packed.type, idempotencyKey: one.key });
      await this.sent(stored, one.letter);
      one.turn.dataset.state = "sent";
    } catch (error) {
      one.turn.dataset.state = "failed";
      // Refused, so it is nowhere: its number goes to the next, or the other side would miss one.
      if (one.packed && error.status < 500) {
        await this.device?.giveBack(one.packed.n).catch(() => {});
        one.packed = null;
      }
      const words = error.status ? await this.refused(error).catch(() => "Not sent.") : "Not delivered.";
      const again = element("button", { type: "button", class: "btn tiny" }, "Try again");
      again.addEventListener("click", () => this.attempt(one));
      const back = element("button", { type: "button", class: "btn quiet tiny" }, "Remove");
      back.addEventListener("click", () => one.turn.remove());
      // The same would be too large again.
      one.state.replaceChildren(words, ...(error.status === 413 ? [back] : [again, back]));
      toEnd();
    }
  }

  /** Whether something waits that was not sent. */
  get waits() {
    return this.files?.any() || findAll("[data-state]:not([data-state=sent])", this.outbox).length > 0;
  }
}
