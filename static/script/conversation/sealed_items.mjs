// Enhances sending: where answers are sealed, what goes out is a letter, and what stands against that is said.
import { whoSeals } from "./sealing.mjs";

const NOT_LOADED = "Not sent: what seals messages could not be loaded. Load the page again.";
const WRONG = "This is no JSON, or too long for one message. Nothing was sent.";

/** How often a letter is sealed again because another page was faster with its number. */
const ROUNDS = 5;

/** Letters of one form. Until it is known who seals, nothing goes out. */
export function lettersOf(form) {
  let seals = null;
  whoSeals().then((known) => { seals = known; }, () => {});
  const isSealed = () => form.hasAttribute("data-sealed") || form.dataset.draft === "sealed" || Boolean(seals?.composer.state);
  /** Seals it, unless it is sealed or is not to be; answers why it could not be. */
  const seal = async (item, used) => {
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
    get isUnsealed() { return seals?.composer.state === "unsealed"; },
    /** Whether something stands against sending, which is then told. */
    stands(isWrong) {
      const why = isSealed() && (isWrong ? WRONG : seals?.composer.problem);
      if (isSealed()) seals?.composer.complain(why || "");
      return Boolean(why);
    },
    unsealedIsTaken: () => { if (seals?.composer.isUnsealed) seals.composer.unseal(false); },
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
    arrived: async (item) => { if (item.letter) await seals.sealer.arrived(item); },
    forget: (item) => { if (item.letter) seals.sealer.forget(item); },
    waiting: async () => (await whoSeals().catch(() => null))?.sealer.waiting() ?? [],
  };
}
