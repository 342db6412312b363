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

  // One feature, as it covers the pixels. paint: {red, green, blue, alpha, line, inked(x, y), ink}; `line`: its outline alone.
  shape(polygons, view, i, paint) {
    const { scale, left, top } = view;
    const { ring, vertex, X, Y, x0, y0, x1, y1 } = polygons;
    const west = Math.floor((x0[i] - left) * scale);
    const north = Math.floor((y0[i] - top) * scale);
    const wide = Math.ceil((x1[i] - left) * scale) - west + 2;
    const high = Math.ceil((y1[i] - top) * scale) - north + 1;
    const { side } = this;
    if (west >= side || north >= side || west + wide <= 0 || north + high <= 0) return;
    if (this.cover.length < wide * high + 2) this.cover = new Float32Array(2 * wide * high + 2);
    else this.cover.fill(0, 0, wide * high + 2);
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
    const { cover, out } = this;
    const { red, green, blue, alpha, line, inked, ink } = paint;
    const full = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
    for (let row = 0; row < high; row++) {
      let sum = 0;
      const y = north + row;
      const seen = y >= 0 && y < side;
      for (let k = 0; k < wide; k++) {
        sum += cover[row * wide + k];
        const x = west + k;
        if (!seen || x < 0 || x >= side) continue;
        const part = sum < 0 ? Math.min(1, -sum) : Math.min(1, sum);
        if (part < 0.004) continue;
        const dark = inked !== null && inked(x, y);
        const a = line && !dark ? Math.min(1, 4.4 * part * (1 - part)) : dark ? part : part * alpha;
        if (a < 0.004) continue;
        const at = y * side + x;
        const under = out[at];
        if (a > 0.996 && !dark) {
          out[at] = full;
          continue;
        }
        const before = (under >>> 24) / 255 * (1 - a);
        const sumA = a + before;
        const mix = (own, other) => (own * a + other * before) / sumA;
        out[at] = ((Math.round(255 * sumA) << 24) | (mix(dark ? ink[2] : blue, (under >> 16) & 255) << 16)
          | (mix(dark ? ink[1] : green, (under >> 8) & 255) << 8) | mix(dark ? ink[0] : red, under & 255)) >>> 0;
      }
    }
  }

  // Features as dots of one style, smaller by `view.dense` where many would cover each other.
  dots(polygons, flags, view, style, alpha, order, from, to) {
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
      const i = order[k];
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
