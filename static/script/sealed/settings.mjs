// Enhances the settings of a channel: answers can be sealed raw, for a program that has a key and knows no letters.
import { find } from "../page.mjs";
import { keyOfName, nameOfKey } from "../sealing/envelope.mjs";
import { base64Of, bytesOfBase64 } from "../sealing/text.mjs";
import { Opener } from "./opening.mjs";
import { Reply } from "./reply.mjs";
import { program } from "./whom.mjs";

async function start(place) {
  const opener = await Opener.open();
  const reply = await Reply.open(place, place.dataset.channel, opener);
  const [field, says, back] = [find("#raw", place), find("#raw-says", place), find("[data-do=letters]", place)];
  const say = (which) => { says.textContent = says.dataset[which]; };
  const show = () => {
    back.hidden = !reply.whom?.raw;
    if (reply.whom?.raw) field.value = nameOfKey(bytesOfBase64(reply.whom.key));
  };
  find("[data-do=raw]", place).addEventListener("click", async () => {
    const text = field.value.trim();
    const key = keyOfName(text) ?? keyOfName(`libsodium sealed_box ${text}`);
    if (!key) return say("wrong");
    if (opener.keys.pairs.length === 0) return say("noKey");
    await reply.become(program(base64Of(key), true));
    say("on");
    show();
  });
  back.addEventListener("click", async () => {
    await reply.become(program(reply.whom.key, false));
    field.value = "";
    say("off");
    show();
  });
  show();
}

start(find("#answers"));
