// Enhances a counterparty's page with links: only such as show where they lead, as on the pages of the holder.

const ADDRESS = /(?<![\p{L}\p{N}])https?:\/\/[^\s<>"\x60]+/gu;
/** What a sentence puts behind an address. */
const STOPS = ".,;:!?')]";
const LONGEST = 2048;

/** Characters that change the direction in which others are shown: behind them an address shows that is not there. */
const TURNING = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/;

/** Letters outside ASCII may look like others, and a name before `@` like the host. */
function leads(address) {
  const host = address.split("//")[1].split(/[/?#\\]/)[0];
  return address.length <= LONGEST && /^[!-~]+$/.test(address) && host !== "" && !host.includes("@");
}

function withoutStops(run) {
  let end = run.length;
  while (end > 0 && STOPS.includes(run[end - 1])) end -= 1;
  return run.slice(0, end);
}

/** A text in pieces: `{text, isLink}`. */
export function pieces(text) {
  const found = [];
  let at = 0;
  const plain = (end) => at < end && found.push({ text: text.slice(at, end), isLink: false });
  for (const run of TURNING.test(text) ? [] : text.matchAll(ADDRESS)) {
    const address = withoutStops(run[0]);
    if (!leads(run[0]) || !leads(address)) continue;
    plain(run.index);
    found.push({ text: address, isLink: true });
    at = run.index + address.length;
  }
  plain(text.length);
  return found;
}
