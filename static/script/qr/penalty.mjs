// Enhances nothing by itself: how much the pattern of a QR code disturbs a reader.

/** Lengths of the runs of one colour in a line, beginning with light ones. */
function runsOf(line) {
  const runs = [0];
  let dark = 0;
  for (const module of line) {
    if (module === dark) runs[runs.length - 1] += 1;
    else runs.push(1);
    dark = module;
  }
  return runs;
}

const LOOKALIKE = [1, 1, 3, 1, 1];

/** Long runs, and what looks like one of the three corners. */
function ofLine(line) {
  const runs = runsOf(line);
  let penalty = runs.reduce((sum, run) => sum + (run < 5 ? 0 : run - 2), 0);
  // Around the code it is light.
  runs[0] += line.length;
  if (runs.length % 2 === 0) runs.push(0);
  runs[runs.length - 1] += line.length;
  for (let at = 1; at + 5 < runs.length; at += 2) {
    const unit = runs[at];
    if (!LOOKALIKE.every((units, next) => runs[at + next] === units * unit)) continue;
    const [before, after] = [runs[at - 1], runs[at + 5]];
    if (before >= 4 * unit && after >= unit) penalty += 40;
    if (after >= 4 * unit && before >= unit) penalty += 40;
  }
  return penalty;
}

/** The penalty of a grid, by the rules of ISO 18004, 7.8.3. */
export function penaltyOf({ dark, size }) {
  let penalty = 0;
  for (let at = 0; at < size; at += 1) {
    penalty += ofLine(dark.subarray(at * size, (at + 1) * size));
    penalty += ofLine(Uint8Array.from({ length: size }, (_, y) => dark[y * size + at]));
  }
  for (let place = 0; place < dark.length - size; place += 1) {
    if (place % size === size - 1) continue;
    const sum = dark[place] + dark[place + 1] + dark[place + size] + dark[place + size + 1];
    if (sum % 4 === 0) penalty += 3;
  }
  const count = dark.reduce((sum, module) => sum + module, 0);
  const steps = Math.ceil(Math.abs(count * 20 - dark.length * 10) / dark.length) - 1;
  return penalty + Math.max(0, steps) * 10;
}
