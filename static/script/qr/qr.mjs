// Enhances pages with QR codes. They are drawn here, so that what they say leaves the browser for nobody.
import { codewords, LAST_VERSION, room } from "./codewords.mjs";
import { Grid } from "./grid.mjs";
import { penaltyOf } from "./penalty.mjs";

/** Light modules around a code, which readers need. */
const QUIET = 3;

const SVG = "http://www.w3.org/2000/svg";

/** The code of a text, `{size, isDark(x, y)}`; null for a text of more than 666 bytes, too long for one. */
export function qrOf(text) {
  const bytes = new TextEncoder().encode(text);
  for (let version = 1; version <= LAST_VERSION; version += 1) {
    const grid = new Grid(version);
    if (bytes.length <= room(version, grid.total)) {
      grid.draw(codewords(bytes, version, grid.total));
      return masked(grid);
    }
  }
  return null;
}

function masked(grid) {
  const penalties = Array.from({ length: 8 }, (_, mask) => {
    grid.turn(mask);
    const penalty = penaltyOf(grid);
    grid.turn(mask);
    return penalty;
  });
  grid.turn(penalties.indexOf(Math.min(...penalties)));
  return grid;
}

/** The dark modules of a code as the path of an SVG: each run of a row is one rectangle. */
export function pathOf(code) {
  let path = "";
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) {
      const start = x;
      while (x < code.size && code.isDark(x, y)) x += 1;
      if (x > start) path += `M${start + QUIET} ${y + QUIET}h${x - start}v1h${start - x}z`;
    }
  }
  return path;
}

/** An element that shows the code of a text and is called `words`; null for a text that is too long for a code. */
export function svgOf(text, words) {
  const code = qrOf(text);
  if (code === null) return null;
  const [svg, path] = ["svg", "path"].map((name) => document.createElementNS(SVG, name));
  const side = code.size + 2 * QUIET;
  const attributes = { class: "qr", viewBox: `0 0 ${side} ${side}`, role: "img", "aria-label": words };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  svg.setAttribute("shape-rendering", "crispEdges");
  path.setAttribute("d", pathOf(code));
  svg.append(path);
  return svg;
}
