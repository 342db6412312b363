// From the text in the page to typed arrays. The format is described in codec.py and payload.py.

const BITS = 26;
const WORLD = Math.pow(2, BITS);
const NULL_NUMBER = -2147483648;
const TYPES = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, i4: Int32Array, f8: Float64Array };

// The JSON description, and a function that gives the bytes or numbers of a section.
function openBlock(block) {
  const length = new DataView(block.buffer, block.byteOffset).getUint32(4, true);
  const meta = JSON.parse(new TextDecoder().decode(block.subarray(8, 8 + length)));
  const start = Math.ceil((8 + length) / 8) * 8;
  const opened = new Map(); // a section that several columns name is opened once
  const section = (place) => {
    const key = place.join();
    if (!opened.has(key)) opened.set(key, open(place));
    return opened.get(key);
  };
  const open = ([offset, size, kind]) => {
    const bytes = block.subarray(start + offset, start + offset + size);
    if (kind === 'raw' || kind === 'u1') return bytes;
    const Type = TYPES[kind];
    const width = Type.BYTES_PER_ELEMENT;
    const count = size / width;
    const plain = new Uint8Array(size);
    for (let place = 0; place < width; place++) {
      for (let i = 0, from = place * count; i < count; i++) plain[i * width + place] = bytes[from + i];
    }
    return new Type(plain.buffer);
  };
  return { meta, section };
}

// A stored column as a function from row to value: text, number or null.
function openColumn(stored, section) {
  if (!stored) return null;
  if (stored.words) {
    const codes = section(stored.codes);
    const mapped = (f) => { // f of every text, worked out once per different text
      const values = stored.words.map(f);
      return (i) => values[codes[i]];
    };
    return { text: true, codes, words: stored.words, at: (i) => stored.words[codes[i]], mapped };
  }
  if (stored.few) {
    const codes = section(stored.codes);
    return { text: false, codes, few: stored.few, at: (i) => stored.few[codes[i]] };
  }
  if (stored.scaled) {
    const whole = section(stored.scaled);
    const scale = Math.pow(10, stored.decimals);
    return { text: false, whole, scale, at: (i) => (whole[i] === NULL_NUMBER ? null : whole[i] / scale) };
  }
  const exact = section(stored.exact);
  return { text: false, exact, at: (i) => (Number.isNaN(exact[i]) ? null : exact[i]) };
}

function numbersOf(column, n) {
  const out = new Float64Array(n);
  for (let i = 0; column && i < n; i++) out[i] = column.at(i) || 0;
  return out;
}

// Sorted texts from what each shares with the one before; see slim.py.
function frontCoded({ shared, rest }, section) {
  const lengths = section(shared);
  let before = '';
  return rest.map((text, k) => (before = before.slice(0, lengths[k]) + text));
}

// A criterion's values 0..100: stored, or what its measure comes to on its scale, and what that is off.
function criterionValues(item, raw, section, n) {
  if (item.value) return section(item.value);
  const more = section(item.more);
  const values = new Uint8Array(n);
  const { best, worst } = item;
  for (let i = 0; i < n; i++) {
    const x = raw.at(i);
    const share = x === null ? NaN : Math.min(1, Math.max(0, (x - worst) / (best - worst)));
    values[i] = (Number.isNaN(share) ? 0 : Math.floor(100 * share + 0.5)) + ((more[i] >>> 1) ^ -(more[i] & 1));
  }
  return values;
}

function homesThatFit(stored, open, n) {
  if (!stored.homes_more) return numbersOf(open(stored.homes_fit), n);
  const homes = numbersOf(open(stored.homes), n);
  const more = numbersOf(open(stored.homes_more), n);
  return homes.map((value, i) => value + more[i]);
}

// Features, rings and vertices of a block of polygons, with the bounds of every feature.
function decodePolygons(bytes) {
  const head = new DataView(bytes.buffer, bytes.byteOffset, 16);
  const n = head.getUint32(0, true);
  const rings = head.getUint32(4, true);
  const vertices = head.getUint32(8, true);
  const width = head.getUint32(12, true);
  let at = 16;
  const next = () => {
    let value = 0;
    let shift = 0;
    let byte;
    do {
      byte = bytes[at++];
      value |= (byte & 127) << shift;
      shift += 7;
    } while (byte & 128);
    return value;
  };
  const ring = new Uint32Array(n + 1);
  for (let i = 0; i < n; i++) ring[i + 1] = ring[i] + next();
  const vertex = new Uint32Array(rings + 1);
  for (let r = 0; r < rings; r++) vertex[r + 1] = vertex[r] + next();
  // Zigzag numbers in planes of bytes: the k-th of `count`.
  const planes = (from, count, wide) => (k) => {
    let value = bytes[from + k];
    for (let plane = 1; plane < wide; plane++) value |= bytes[from + plane * count + k] << (8 * plane);
    return (value >>> 1) ^ -(value & 1);
  };
  const group = bytes.subarray(at, at + rings);
  const start = planes(at + rings, 2 * rings, 4);
  const step = planes(at + 9 * rings, 2 * (vertices - rings), width);
  // Steps lie by the class of their ring: where those of each class begin.
  const place = new Uint32Array(257);
  for (let r = 0; r < rings; r++) place[group[r] + 1] += 2 * Math.max(0, vertex[r + 1] - vertex[r] - 1);
  for (let c = 0; c < 256; c++) place[c + 1] += place[c];
  const X = new Int32Array(vertices);
  const Y = new Int32Array(vertices);
  const x0 = new Int32Array(n);
  const y0 = new Int32Array(n);
  const x1 = new Int32Array(n).fill(-1);
  const y1 = new Int32Array(n).fill(-1);
  let firstX = 0;
  let firstY = 0;
  for (let i = 0, v = 0; i < n; i++) {
    let west = WORLD, north = WORLD, east = -1, south = -1;
    for (let r = ring[i]; r < ring[i + 1]; r++) {
      let x = (firstX += start(2 * r));
      let y = (firstY += start(2 * r + 1));
      let k = place[group[r]];
      for (const end = vertex[r + 1]; v < end; v++) {
        if (v > vertex[r]) {
          x += step(k++);
          y += step(k++);
        }
        X[v] = x;
        Y[v] = y;
        if (x < west) west = x;
        if (x > east) east = x;
        if (y < north) north = y;
        if (y > south) south = y;
      }
      place[group[r]] = k;
    }
    x0[i] = west; y0[i] = north; x1[i] = east; y1[i] = south;
  }
  return { n, ring, vertex, X, Y, x0, y0, x1, y1 };
}
