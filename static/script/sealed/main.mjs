// Enhances a conversation in which something is sealed: opens what is there, and seals what is written.
import { find } from "../page.mjs";
import { LETTER_BYTES } from "../sealing/envelope.mjs";
import { Composer } from "./composer.mjs";
import { draft } from "./draft.mjs";
import { Opener } from "./opening.mjs";
import { Reply } from "./reply.mjs";
import { Sealer } from "./sealer.mjs";
import { openTalk } from "./talk.mjs";

/** Opens what stands in `talk`. Answers who seals, `{composer, sealer}`, or null where nothing can be written. */
export async function start(talk) {
  const opener = await Opener.open();
  const [form, place] = [find("#say"), find("#sealed-for")];
  if (!form || !place) {
    await openTalk(talk, opener, () => {});
    return null;
  }
  const channel = talk.dataset.address.split("/").at(-1);
  const reply = await Reply.open(place, channel, opener);
  const sealer = new Sealer(channel, opener, reply, Number(place.dataset.letters));
  const composer = new Composer(place, reply);
  const limit = Number(form.dataset.limit);
  const show = async () => {
    await composer.show();
    if (!reply.isSealed) return;
    form.dataset.limit = String(limit - LETTER_BYTES);
    await draft(form, channel, opener.kept);
  };
  await openTalk(talk, opener, async (letters) => {
    await reply.hear(letters);
    await show();
  });
  await show();
  return { composer, sealer };
}
