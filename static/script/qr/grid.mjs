// Enhances nothing by itself: the modules of a QR code, those that every code has and those that carry its bytes.

/** Which modules are turned round, so that no pattern disturbs a reader. The one that disturbs least is taken. */
const MASKS = [
  (x, y) => (x + y) % 2,
  (x, y) => y % 2,
  (x) => x % 3,
  (x, y) => (x + y) % 3,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
  (x, y) => ((x * y) % 2) + ((x * y) % 3),
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

/** `value` followed by the rest of its division, as bits: readers mend these by themselves. */
function withCheck(value, divisor, degree) {
  let rest = value;
  for (let bit = 0; bit < degree; bit += 1) rest = (rest << 1) ^ ((rest >> (degree - 1)) * divisor);
  return (value << degree) | rest;
}

export class Grid {
  constructor(version) {
    this.version = version;
    this.size = 17 + 4 * version;
    this.dark = new Uint8Array(this.size ** 2);
    this.fixed = new Uint8Array(this.size ** 2);
    for (let at = 0; at < this.size; at += 1) {
      this.fix(6, at, at % 2 === 0);
      this.fix(at, 6, at % 2 === 0);
    }
    for (const [x, y] of [[3, 3], [this.size - 4, 3], [3, this.size - 4]]) this.square(x, y, 4, [2, 4]);
    const places = this.alignments();
    const last = places.length - 1;
    places.forEach((x, i) => places.forEach((y, j) => {
      const isCorner = (i === 0 && (j === 0 || j === last)) || (i === last && j === 0);
      if (!isCorner) this.square(x, y, 2, [1]);
    }));
    this.sayVersion();
    this.sayMask(0);
  }

  isDark(x, y) {
    return this.dark[y * this.size + x] === 1;
  }

  /** Sets a module that carries no byte. */
  fix(x, y, dark) {
    if (x < 0 || y < 0 || x >= this.size || y >= this.size) return;
    this.dark[y * this.size + x] = dark ? 1 : 0;
    this.fixed[y * this.size + x] = 1;
  }

  /** A dark square around a point, with light rings at these distances. */
  square(x, y, reach, light) {
    for (let down = -reach; down <= reach; down += 1) {
      for (let right = -reach; right <= reach; right += 1) {
        this.fix(x + right, y + down, !light.includes(Math.max(Math.abs(down), Math.abs(right))));
      }
    }
  }

  /** Where the small squares lie, across and down. */
  alignments() {
    if (this.version === 1) return [];
    const count = Math.floor(this.version / 7) + 2;
    const step = Math.ceil((this.size - 13) / (2 * count - 2)) * 2;
    return [6, ...Array.from({ length: count - 1 }, (_, at) => this.size - 7 - (count - 2 - at) * step)];
  }

  sayVersion() {
    if (this.version < 7) return;
    const bits = withCheck(this.version, 0x1f25, 12);
    for (let bit = 0; bit < 18; bit += 1) {
      const [far, near] = [this.size - 11 + (bit % 3), Math.floor(bit / 3)];
      this.fix(far, near, (bits >> bit) & 1);
      this.fix(near, far, (bits >> bit) & 1);
    }
  }

  /** Level M is two zeros before the mask's number. It stands there twice. */
  sayMask(mask) {
    const bits = withCheck(mask, 0x537, 10) ^ 0x5412;
    for (let bit = 0; bit < 15; bit += 1) {
      const dark = (bits >> bit) & 1;
      // The line of dots in row and column 6 is left out.
      const at = bit < 6 ? bit : bit + 1;
      if (bit < 8) this.fix(8, at, dark);
      else this.fix(bit === 8 ? 7 : 14 - bit, 8, dark);
      if (bit < 8) this.fix(this.size - 1 - bit, 8, dark);
      else this.fix(8, this.size - 15 + bit, dark);
    }
    this.fix(8, this.size - 8, true);
  }

  /** Where the bits of the bytes lie, in their order: up and down in pairs of columns, from the right. */
  * places() {
    let up = true;
    for (let right = this.size - 1; right > 0; right -= 2, up = !up) {
      if (right === 6) right = 5;
      for (let step = 0; step < this.size; step += 1) {
        const y = up ? this.size - 1 - step : step;
        for (const x of [right, right - 1]) if (!this.fixed[y * this.size + x]) yield y * this.size + x;
      }
    }
  }

  /** How many bytes there is room for. */
  get total() {
    return this.fixed.reduce((free, fixed) => free + 1 - fixed, 0) >> 3;
  }

  draw(bytes) {
    let bit = 0;
    for (const place of this.places()) {
      this.dark[place] = (bytes[bit >> 3] >> (7 - (bit & 7))) & 1;
      bit += 1;
    }
  }

  /** Turns the modules of a mask round; a second time takes it off again. */
  turn(mask) {
    for (let place = 0; place < this.dark.length; place += 1) {
      const isTurned = MASKS[mask](place % this.size, Math.floor(place / this.size)) === 0;
      if (isTurned && !this.fixed[place]) this.dark[place] ^= 1;
    }
    this.sayMask(mask);
  }
}
