// Enhances sending: where answers are sealed, what goes out is a letter, and what stands against that is said.
import { isOn, sealsNow, whoSeals } from "./sealing.mjs";

const NOT_LOADED = "Not sent: what seals messages could not be loaded. Load the page again.";
const WRONG = "This is no JSON, or too long for one message. Nothing was sent.";

/** How often a letter is sealed again because another page was faster with its number. */
const ROUNDS = 5;

/** Letters of one form. Until it is known who seals, nothing goes out. */
export function lettersOf(form) {
  /** Where messages are only opened, and the other side has no key yet, what is written goes out as it is. */
  const isSealed = () => form.hasAttribute("data-sealed") || (isOn() && (!sealsNow() || Boolean(sealsNow().composer.state)));
  /** Seals it, unless it is sealed or is not to be; answers why it could not be. */
  const seal = async (item, used) => {
    let seals = null;
    try {
      seals = await whoSeals();
      if (!isSealed() || item.isUnsealed || (item.letter && used === undefined)) return "";
      if (seals.composer.problem) return seals.composer.problem;
      await seals.sealer.pack(item, used);
      return "";
    } catch (error) {
      return seals ? `Not sent. ${error.message}` : NOT_LOADED;
    }
  };
  return {
    get areOn() { return isSealed(); },
    get isUnsealed() { return sealsNow()?.composer.state === "unsealed"; },
    /** Whether something stands against sending, which is then told. */
    stands(isWrong) {
      const composer = sealsNow()?.composer;
      const why = isSealed() && (isWrong ? WRONG : composer?.problem);
      if (isSealed()) composer?.complain(why || "");
      return Boolean(why);
    },
    unsealedIsTaken: () => { if (sealsNow()?.composer.isUnsealed) sealsNow().composer.unseal(false); },
    seal,
    /** Sends it; seals again where its number was used. */
    async post(item, send) {
      let answer = await send();
      for (let round = 0; round < ROUNDS && item.letter && answer.status === 409; round += 1) {
        if (await seal(item, Number(answer.page.body.textContent))) break;
        answer = await send();
      }
      return answer;
    },
    arrived: async (item) => { if (item.letter) await (await whoSeals()).sealer.arrived(item); },
    forget: (item) => { if (item.letter) sealsNow()?.sealer.forget(item); },
    waiting: async () => (await whoSeals().catch(() => null))?.sealer.waiting() ?? [],
  };
}
