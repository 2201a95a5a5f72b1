// Enhances the choice of a passphrase: suggests one that can be said aloud, and refuses those that are easily guessed.

const BEGINNINGS = "bdfghjklmnprstvwz";
const ENDINGS = "aeiou";
const SYLLABLES = BEGINNINGS.length * ENDINGS.length;
const WORDS = 5;

/** The least number of characters, and of different ones. */
const LEAST = 12;
const LEAST_DIFFERENT = 6;

/** One of the 85 syllables; no one is likelier than another. */
function syllable() {
  for (;;) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    const one = byte % SYLLABLES;
    if (byte - one + SYLLABLES > 256) continue;
    return BEGINNINGS[Math.floor(one / ENDINGS.length)] + ENDINGS[one % ENDINGS.length];
  }
}

/** Five words of two syllables: 64 bits. */
export const suggestion = () => Array.from({ length: WORDS }, () => syllable() + syllable()).join(" ");

/** Why a passphrase is too weak, as a sentence; an empty one where it is not. */
export function weaknessOf(phrase) {
  const signs = [...phrase.trim()];
  if (signs.length < LEAST) return `A passphrase has at least ${LEAST} characters. This one has ${signs.length}.`;
  return new Set(signs).size < LEAST_DIFFERENT ? "This is guessed easily: use more different characters." : "";
}
