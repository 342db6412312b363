// Small shapes and dots, written as pixels: a browser's own paths take ten times as long for thousands of them.

// Red, green, blue and opacity of '#rrggbb' or '#rrggbbaa'.
function channels(colour) {
  const value = parseInt(colour.slice(1, 7), 16);
  return [value >> 16, (value >> 8) & 255, value & 255, colour.length > 7 ? parseInt(colour.slice(7), 16) / 255 : 1];
}

function pixel(colour, alpha) {
  const [red, green, blue] = channels(colour);
  return ((Math.round(255 * alpha) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

// Offsets of the pixels of a disc of the given diameter, and of the ring around it: x, y, x, y...
function disc(diameter) {
  const core = [];
  const halo = [];
  const radius = diameter / 2;
  for (let y = -1; y <= diameter; y++) {
    for (let x = -1; x <= diameter; x++) {
      const away = Math.hypot(x + 0.5 - radius, y + 0.5 - radius);
      if (away <= radius) core.push(x, y);
      else if (away <= radius + 1) halo.push(x, y);
    }
  }
  return { core, halo, half: radius };
}

class Raster {
  constructor(side) {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = side;
    this.side = side;
    this.canvas = canvas;
    this.pen = canvas.getContext('2d', { willReadFrequently: true });
    this.image = this.pen.createImageData(side, side);
    this.out = new Uint32Array(this.image.data.buffer);
    this.cover = new Float32Array(0);
    this.kept = { place: new Uint32Array(0), part: new Uint8Array(0), line: new Uint8Array(0) };
  }

  clear() {
    this.out.fill(0);
  }

  // Onto a canvas; `alone`: in place of all that is on it.
  flush(pen, alone) {
    if (alone) {
      pen.putImageData(this.image, 0, 0);
      return;
    }
    this.pen.putImageData(this.image, 0, 0);
    pen.drawImage(this.canvas, 0, 0);
  }

  // The part of every pixel that an edge leaves to its right, added to `cover`; rows are `wide` apart.
  edge(xa, ya, xb, yb, wide) {
    if (ya === yb) return;
    const { cover } = this;
    const turn = ya < yb ? 1 : -1;
    const top = turn > 0 ? ya : yb;
    const bottom = turn > 0 ? yb : ya;
    const slope = (xb - xa) / (yb - ya);
    let x = turn > 0 ? xa : xb;
    for (let y = Math.floor(top); y < bottom; y++) {
      const high = Math.min(y + 1, bottom) - Math.max(y, top);
      const next = x + slope * high;
      const d = high * turn;
      const left = x < next ? x : next;
      const right = x < next ? next : x;
      const first = Math.floor(left);
      const last = Math.ceil(right);
      const at = y * wide + first;
      if (last <= first + 1) {
        const part = 0.5 * (x + next) - first;
        cover[at] += d - d * part;
        cover[at + 1] += d * part;
      } else {
        const s = 1 / (right - left);
        const from = left - first;
        const to = right - last + 1;
        const begin = 0.5 * s * (1 - from) * (1 - from);
        const end = 0.5 * s * to * to;
        cover[at] += d * begin;
        if (last === first + 2) cover[at + 1] += d * (1 - begin - end);
        else {
          const second = s * (1.5 - from);
          cover[at + 1] += d * (second - begin);
          for (let k = 2; k < last - first - 1; k++) cover[at + k] += d * s;
          cover[at + last - first - 1] += d * (1 - second - (last - first - 3) * s - end);
        }
        cover[at + last - first] += d * end;
      }
      x = next;
    }
  }

  // How much of each pixel a feature covers, in `cover`, within a box: [west, north, wide, high], or null off the tile.
  covered(polygons, view, i) {
    const { scale, left, top } = view;
    const { ring, vertex, X, Y, x0, y0, x1, y1 } = polygons;
    const west = Math.floor((x0[i] - left) * scale);
    const north = Math.floor((y0[i] - top) * scale);
    const wide = Math.ceil((x1[i] - left) * scale) - west + 2;
    const high = Math.ceil((y1[i] - top) * scale) - north + 1;
    const { side } = this;
    if (west >= side || north >= side || west + wide <= 0 || north + high <= 0) return null;
    const size = wide * high;
    if (this.cover.length < size + 2) this.cover = new Float32Array(2 * size + 2);
    else this.cover.fill(0, 0, size + 2);
    const dx = left * scale + west;
    const dy = top * scale + north;
    for (let r = ring[i]; r < ring[i + 1]; r++) {
      const end = vertex[r + 1];
      let xa = X[end - 1] * scale - dx;
      let ya = Y[end - 1] * scale - dy;
      for (let v = vertex[r]; v < end; v++) {
        const xb = X[v] * scale - dx;
        const yb = Y[v] * scale - dy;
        this.edge(xa, ya, xb, yb, wide);
        xa = xb;
        ya = yb;
      }
    }
    const { cover } = this;
    for (let row = 0, at = 0; row < high; row++) {
      for (let k = 0, sum = 0; k < wide; k++, at++) {
        sum += cover[at];
        cover[at] = sum < 0 ? Math.min(1, -sum) : Math.min(1, sum);
      }
    }
    return [west, north, wide, high];
  }

  // Pixels of features, found once and kept by the tile: where, how much is covered, and how much of that is edge (0..255).
  // An edge is where a pixel is covered more than one beside it: in all it is one pixel wide.
  runs(polygons, view, items, from, to) {
    const { side } = this;
    const start = new Uint32Array(to - from + 1);
    let count = 0;
    for (let n = 0; n < to - from; n++) {
      const box = this.covered(polygons, view, items[from + n]);
      if (box) {
        const [west, north, wide, high] = box;
        const { cover } = this;
        this.room(count + wide * high);
        const { place, part, line } = this.kept;
        for (let row = Math.max(0, -north), bottom = Math.min(high, side - north); row < bottom; row++) {
          for (let k = Math.max(0, -west), right = Math.min(wide, side - west); k < right; k++) {
            const at = row * wide + k;
            const own = cover[at];
            if (own < 0.004) continue;
            const least = Math.min(k ? cover[at - 1] : 0, k < wide - 1 ? cover[at + 1] : 0, row ? cover[at - wide] : 0, row < high - 1 ? cover[at + wide] : 0);
            place[count] = (north + row) * side + west + k;
            part[count] = 255 * own + 0.5;
            line[count] = Math.max(0, 255 * (own - least));
            count++;
          }
        }
      }
      start[n + 1] = count;
    }
    const { place, part, line } = this.kept;
    return { start, place: place.slice(0, count), part: part.slice(0, count), line: line.slice(0, count) };
  }

  room(size) {
    if (this.kept.place.length >= size) return;
    const { place, part, line } = this.kept;
    this.kept = { place: new Uint32Array(2 * size), part: new Uint8Array(2 * size), line: new Uint8Array(2 * size) };
    this.kept.place.set(place);
    this.kept.part.set(part);
    this.kept.line.set(line);
  }

  // Colours the pixels [from, to) of runs. paint: {fill, edge, alpha, ink, inked}; colours are [red, green, blue, opacity] or null.
  colour({ place, part, line }, from, to, { fill, edge, alpha, ink, inked }) {
    const { out, side } = this;
    const full = fill ? ((255 << 24) | (fill[2] << 16) | (fill[1] << 8) | fill[0]) >>> 0 : 0;
    const solid = fill !== null && alpha * fill[3] > 0.996;
    const [red, green, blue, own] = fill || [0, 0, 0, 0];
    for (let k = from; k < to; k++) {
      const at = place[k];
      const covered = part[k] / 255;
      const rim = edge ? line[k] / part[k] : 0; // of what is covered
      if (rim > 0.01) {
        const rest = own * (1 - rim);
        const a = rim + rest;
        this.blend(at, (edge[0] * rim + red * rest) / a, (edge[1] * rim + green * rest) / a, (edge[2] * rim + blue * rest) / a, covered * a * alpha);
      } else if (solid && part[k] === 255) out[at] = full;
      else if (fill) this.blend(at, red, green, blue, covered * own * alpha);
      if (inked !== null && inked(at % side, (at / side) | 0)) this.blend(at, ink[0], ink[1], ink[2], covered * alpha);
    }
  }

  // A colour over what is there.
  blend(place, red, green, blue, a) {
    const { out } = this;
    const under = out[place];
    const before = (under >>> 24) / 255 * (1 - a);
    const whole = a + before;
    if (whole < 0.002) return;
    const own = a / whole;
    const other = before / whole;
    out[place] = ((Math.round(255 * whole) << 24) | (blue * own + ((under >> 16) & 255) * other) << 16
      | (green * own + ((under >> 8) & 255) * other) << 8 | (red * own + (under & 255) * other)) >>> 0;
  }

  // Features, items[order[from]] and so on, as dots of one style, smaller by `view.dense` where many would cover each other.
  dots(polygons, flags, view, style, alpha, items, order, from, to) {
    const { side, out } = this;
    const { size, scale, left, top } = view;
    const { x0, y0, x1, y1 } = polygons;
    const { core, halo, half } = disc(Math.max(1, Math.round(style.dot * size - view.dense)));
    const colour = pixel(style.dotColour || style.fill, alpha);
    const white = pixel('#ffffff', alpha);
    const ringed = style.halo && (view.dense < 2 || style.best);
    const flat = (pairs) => Int32Array.from({ length: pairs.length / 2 }, (_, p) => pairs[2 * p + 1] * side + pairs[2 * p]);
    const [inner, outer] = [flat(core), flat(halo)];
    const hole = Math.max(1, Math.round(size));
    const middle = Math.floor(half - hole / 2);
    const reach = Math.ceil(2 * half) + 1;
    const put = (x, y, value, under) => {
      if (x >= 0 && y >= 0 && x < side && y < side && !(under && out[y * side + x])) out[y * side + x] = value;
    };
    for (let k = from; k < to; k++) {
      const i = items[order[k]];
      const x = Math.round(((x0[i] + x1[i]) / 2 - left) * scale - half);
      const y = Math.round(((y0[i] + y1[i]) / 2 - top) * scale - half);
      if (x < -reach || y < -reach || x > side || y > side) continue;
      if (x > 0 && y > 0 && x + reach < side && y + reach < side) {
        const at = y * side + x;
        if (ringed) for (let p = 0; p < outer.length; p++) if (!out[at + outer[p]]) out[at + outer[p]] = white;
        for (let p = 0; p < inner.length; p++) out[at + inner[p]] = colour;
      } else {
        if (ringed) for (let p = 0; p < halo.length; p += 2) put(x + halo[p], y + halo[p + 1], white, true);
        for (let p = 0; p < core.length; p += 2) put(x + core[p], y + core[p + 1], colour, false);
      }
      if (flags[i]) for (let dy = 0; dy < hole; dy++) for (let dx = 0; dx < hole; dx++) put(x + middle + dx, y + middle + dy, white, false);
    }
  }
}

// Whether a pixel lies on a line of a hatching; the lines are those of `hatch`.
function inkedBy(kind, ratio) {
  const period = 8 * ratio;
  const on = (value) => (((value % period) + period) % period) < 1.5 * ratio;
  const tests = [
    (x, y) => on(x + y), (x, y) => on(x - y), (x, y) => on(y - 4 * ratio), (x) => on(x - 4 * ratio),
    (x, y) => on(x + y) || on(x - y), (x, y) => on(y - 4 * ratio) || on(x - 4 * ratio),
  ];
  return tests[kind];
}
