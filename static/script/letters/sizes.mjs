// Enhances pages with how large something is.
const UNITS = ["KiB", "MiB", "GiB", "TiB"];

/** A number of bytes as the server writes it. */
export function sizeWords(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  let [amount, unit] = [bytes / 1024, 0];
  while (amount >= 1024 && unit < UNITS.length - 1) [amount, unit] = [amount / 1024, unit + 1];
  return `${amount < 10 ? (Math.floor(amount * 10) / 10).toFixed(1) : Math.floor(amount)} ${UNITS[unit]}`;
}
