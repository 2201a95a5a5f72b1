// Enhances the place to write of the holder's pages: what is sent is sealed, unless somebody takes pains that it is not.
import { find, findAll } from "../page.mjs";
import { aloud, fingerprintOf } from "../sealing/fingerprint.mjs";
import { bytesOfBase64 } from "../sealing/text.mjs";

/** Digits of a fingerprint that are shown beside a name. */
const SHORT = 2;

/** Which of the composer's sentences holds. */
export function stateOf({ isSealed, hasKey, whom, isUnsealed }) {
  if (!isSealed) return "";
  if (isUnsealed) return "unsealed";
  if (!hasKey) return "keyless";
  return whom ? "sealed" : "unknown";
}

/** Says for whom it seals, and is asked by whoever sends. */
export class Composer {
  constructor(place, reply, letters) {
    Object.assign(this, { place, reply, letters, isUnsealed: false });
    const on = (selector, event, act) => find(selector, place).addEventListener(event, act);
    on("[name=compared]", "change", ({ target }) => this.think({ compared: target.checked, changed: false }));
    on("[data-do=ask]", "click", () => { find("[data-sure]", place).hidden = false; });
    on("[data-do=unseal]", "click", () => this.unseal(true));
    on("[data-do=seal]", "click", () => this.unseal(false));
    on("[data-for]", "change", ({ target }) => {
      const chosen = reply.choices.find(({ token }) => token === target.value);
      if (chosen) reply.become({ ...chosen, set: Date.now() }).then(() => this.show());
    });
  }

  async think(thoughts) {
    await this.reply.think({ ...thoughts, set: Date.now() });
    this.show();
  }

  unseal(is) {
    this.isUnsealed = is;
    find("[data-sure]", this.place).hidden = true;
    find("[data-more]", this.place).open = false;
    this.show();
    find("#text")?.focus();
  }

  get state() {
    const hasKey = this.reply.opener.keys.pairs.length > 0;
    return stateOf({ isSealed: this.reply.isSealed, hasKey, whom: this.reply.whom, isUnsealed: this.isUnsealed });
  }

  /** What stands against sending; empty where it can be sent, sealed or not. */
  get problem() {
    return ["keyless", "unknown"].includes(this.state) ? find(`[data-is=${this.state}] span`, this.place).textContent : "";
  }

  /** Whether the next message is sealed. */
  get seals() {
    return this.state === "sealed";
  }

  /** Says why nothing was sent; nothing stands against it where there are no words. */
  complain(words) {
    const place = find("[data-is=problem]", this.place);
    [place.hidden, place.textContent] = [!words, words];
  }

  async show() {
    const { place, reply: { whom, choices } } = this;
    place.hidden = this.state === "";
    const yet = find("#not-sealed-yet");
    if (yet) yet.hidden = this.state !== "";
    for (const one of findAll("[data-is]", place)) one.hidden = one.dataset.is !== this.state;
    find("[data-is=changed]", place).hidden = !(this.seals && whom.changed);
    find("[data-more]", place).hidden = !this.seals;
    find("[data-choose]", place).hidden = !this.seals || choices.length === 0;
    if (!whom) return;
    for (const name of findAll("[data-name]", place)) name.textContent = whom.name;
    find("[data-unproven]", place).hidden = whom.proof === "proven" || whom.raw;
    find("[data-was-compared]", place).hidden = !whom.wasCompared;
    find("[name=compared]", place).checked = whom.compared;
    const digits = aloud(await fingerprintOf(bytesOfBase64(whom.key)));
    find("[data-short]", place).textContent = `${digits.split(" ").slice(0, SHORT).join(" ")} …`;
    find("[data-aloud]", place).textContent = digits;
    const options = [whom, ...choices].map(({ name, token }) => new Option(name, token));
    find("[data-for]", place).replaceChildren(...options);
  }
}
