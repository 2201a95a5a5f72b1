// Enhances the place to write of the holder's pages: decides whose key an answer is sealed for, whatever a server says.
//
// What is remembered of it is `{key, token, link, name, at, proof, compared, changed, wasCompared, raw}`: the public key in
// base64, the token it writes with and that token's wrapped link, the number of the message that named the key, and
// what the holder thinks of it. A `raw` key was typed in, `set` at that time, and nothing that arrives takes its place.

/** Whether what a letter says of its sender's key may count. A forged one is worth nothing, nor is one by nobody. */
const counts = (letter) => !letter.own && !letter.claimed && letter.token && letter.sender && ["proven", "none"].includes(letter.proof);

const newest = (letters) => letters.reduce((one, other) => (other.sequence > (one?.sequence ?? 0) ? other : one), null);

const known = ({ sender, token, link, sequence, proof, name = "" }) =>
  ({ key: sender, token, link, name, at: sequence, proof, compared: false, changed: false, wasCompared: false, raw: false, set: 0 });

/** The key of a sender that was not written to yet: of the newest proven letter, else of the newest. */
function first(letters) {
  const letter = newest(letters.filter(({ proof }) => proof === "proven")) ?? newest(letters);
  return letter && known(letter);
}

/** The key of a program, which is answered raw from now on; or no longer, when it gives way to whoever writes. */
export function program(key, raw) {
  const sender = { sender: key, token: null, link: null, sequence: 0, proof: "none", name: "a program" };
  return { ...known(sender), raw, set: Date.now() };
}

/** What is to be remembered after these letters were opened. */
export function after(whom, letters) {
  const good = letters.filter(counts);
  if (whom?.raw) return whom;
  if (!whom?.token) return first(good) ?? whom;
  // Once a sender proved to hold the link, nobody takes that place without doing so.
  const theirs = good.filter(({ token, proof }) => token === whom.token && (whom.proof !== "proven" || proof === "proven"));
  const letter = newest(theirs.filter(({ sequence }) => sequence > whom.at));
  if (!letter) return whom;
  const next = known(letter);
  if (letter.sender !== whom.key) {
    return { ...next, changed: true, wasCompared: whom.compared || (whom.changed && whom.wasCompared) };
  }
  const { compared, changed, wasCompared, set } = whom;
  return { ...next, name: next.name || whom.name, compared, changed, wasCompared, set };
}

/** The other senders that an answer could be for, newest first: what would be remembered of each. */
export function others(whom, letters) {
  const good = letters.filter(counts).filter(({ token }) => token !== whom?.token);
  const tokens = [...new Set(good.map(({ token }) => token))];
  return tokens.map((token) => first(good.filter((letter) => letter.token === token))).sort((one, other) => other.at - one.at);
}

/** Which of two memories counts: this device's, and what the server kept. The one that knows of later letters. */
export function later(here, kept) {
  if (!here || !kept) return here ?? kept;
  if (here.raw !== kept.raw) return kept.set > here.set ? kept : here;
  return kept.at > here.at || (kept.at === here.at && kept.key === here.key) ? kept : here;
}

/** Whether the server has to be told. That a later letter names the same key is not worth it. */
export const isNews = (before, now) =>
  JSON.stringify({ ...before, at: 0, link: "" }) !== JSON.stringify({ ...now, at: 0, link: "" });
