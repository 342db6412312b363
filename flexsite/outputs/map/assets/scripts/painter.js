// Painting polygons into one canvas tile: what is large with its edge, what is small as a shape, what is tiny as a dot.

const DOT = 3; // pixels on the screen: what is smaller is drawn as a dot
const EDGE = 12; // pixels: what is smaller has no edge of its own
const PATCH = 32; // polygons per path: one path of thousands is far slower
const DENSE = 0.02; // dots per pixel above which dots are drawn smaller
let scratch = null;
const hatches = new Map();

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

function pixel(colour, alpha) {
  const value = parseInt(colour.slice(1, 7), 16);
  return ((Math.round(255 * alpha) << 24) | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}

// Eight by eight device pixels that repeat without a seam, as 256 is a multiple of 8.
function hatch(kind, colour, ratio) {
  const key = kind + colour + ratio;
  if (hatches.has(key)) return hatches.get(key);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 8 * ratio;
  const pen = canvas.getContext('2d');
  pen.strokeStyle = pen.fillStyle = colour;
  pen.lineWidth = 1.2 * ratio;
  const line = (...points) => {
    pen.beginPath();
    for (let k = 0; k < points.length; k += 2) pen.lineTo(points[k] * ratio, points[k + 1] * ratio);
    pen.stroke();
  };
  if (kind === 0 || kind === 4) for (const d of [-8, 0, 8]) line(d - 1, 9, d + 9, -1);
  if (kind === 1 || kind === 4) for (const d of [-8, 0, 8]) line(d - 1, -1, d + 9, 9);
  if (kind === 2 || kind === 5) line(-1, 4, 9, 4);
  if (kind === 3 || kind === 5) line(4, -1, 4, 9);
  hatches.set(key, canvas);
  return canvas;
}

// The polygons that meet a tile, the large ones first, then the small, then the tiny: found once per tile.
function tileItems(polygons, view) {
  const { x0, y0, x1, y1 } = polygons;
  const margin = 8 / view.scale;
  const steps = [EDGE * view.ratio / view.scale, DOT * view.ratio / view.scale];
  const found = [];
  const counts = [0, 0, 0];
  const kindOf = (i) => {
    const across = Math.max(x1[i] - x0[i], y1[i] - y0[i]);
    return across >= steps[0] ? 0 : across >= steps[1] ? 1 : 2;
  };
  polygons.query(view.left - margin, view.top - margin, view.left + view.units + margin, view.top + view.units + margin, (i) => {
    found.push(i);
    counts[kindOf(i)]++;
  });
  const place = [0, counts[0], counts[0] + counts[1]];
  const items = new Uint32Array(found.length);
  for (const i of found) items[place[kindOf(i)]++] = i;
  return { items, large: counts[0], dots: counts[0] + counts[1], state: new Uint8Array(items.length), stamp: '' };
}

// Items in [from, to) by class: {order, start}, the items of class c being order[start[c]]..order[start[c + 1]].
function byClass(items, from, to, classes, count) {
  const start = new Uint32Array(count + 2);
  for (let k = from; k < to; k++) start[classes[items[k]] + 2]++;
  for (let c = 2; c <= count; c++) start[c + 1] += start[c];
  const order = new Uint32Array(to - from);
  for (let k = from; k < to; k++) order[start[classes[items[k]] + 1]++] = items[k];
  return { order, start };
}

// All rings of a feature as one path; steps below `least` pixels are left out.
function trace(pen, polygons, view, i, least) {
  const { scale, left, top } = view;
  const { ring, vertex, X, Y } = polygons;
  const near = least / scale;
  for (let r = ring[i]; r < ring[i + 1]; r++) {
    let v = vertex[r];
    let x = X[v];
    let y = Y[v];
    pen.moveTo((x - left) * scale, (y - top) * scale);
    for (const end = vertex[r + 1]; ++v < end;) {
      if (Math.abs(X[v] - x) < near && Math.abs(Y[v] - y) < near) continue;
      x = X[v];
      y = Y[v];
      pen.lineTo((x - left) * scale, (y - top) * scale);
    }
    pen.closePath();
  }
}

// One class of polygons: filled and hatched, those with something unknown hatched, the large ones with an edge.
function paintShapes(view, layer, style, order, from, to, large) {
  if (from >= to) return;
  const { pen, ratio, size } = view;
  const { polygons, flags } = layer;
  const edge = style.stroke && (large || !style.fill || style.thin) && view.zoom >= (style.from || 0);
  const least = large ? 0.5 : 1.2;
  const inked = style.hatch !== undefined ? pen.createPattern(hatch(style.hatch, style.ink, ratio), 'repeat') : null;
  if (edge) {
    pen.strokeStyle = style.stroke;
    pen.lineWidth = (style.width || 1) * size;
    pen.lineJoin = 'round';
  }
  let unknown = null;
  for (let k = from; k < to; k += PATCH) {
    pen.beginPath();
    for (let j = k, end = Math.min(to, k + PATCH); j < end; j++) {
      trace(pen, polygons, view, order[j], least);
      if (flags[order[j]]) (unknown = unknown || []).push(order[j]);
    }
    if (style.fill) { pen.fillStyle = style.fill; pen.fill(); }
    if (inked) { pen.fillStyle = inked; pen.fill(); }
    if (edge) pen.stroke();
  }
  if (!unknown) return;
  pen.fillStyle = pen.createPattern(hatch(0, style.ink || '#1d2733', ratio), 'repeat');
  for (let k = 0; k < unknown.length; k += PATCH) {
    pen.beginPath();
    for (let j = k; j < Math.min(unknown.length, k + PATCH); j++) trace(pen, polygons, view, unknown[j], least);
    pen.fill();
  }
}

// Dots are written as pixels: fifty thousand of them take a few milliseconds. `alone`: nothing else is on the tile.
function paintDots(view, layer, order, start, alone) {
  const { pen, side, size, scale, left, top } = view;
  if (!scratch || scratch.canvas.width !== side) {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = side;
    const own = canvas.getContext('2d', { willReadFrequently: true });
    const image = own.createImageData(side, side);
    scratch = { canvas, pen: own, image, out: new Uint32Array(image.data.buffer) };
  }
  const { out, image } = scratch;
  const { x0, y0, x1, y1 } = layer.polygons;
  const { flags } = layer;
  out.fill(0);
  for (const c of layer.order) {
    const style = layer.styles[c];
    if (!style.dot || layer.hidden.has(c) || start[c] === start[c + 1]) continue;
    const { core, halo, half } = disc(Math.max(1, Math.round(style.dot * size - view.dense)));
    const alpha = layer.alphaOf(c);
    const colour = pixel(style.dotColour || style.fill, alpha);
    const white = pixel('#ffffff', alpha);
    const ringed = style.halo && (view.dense < 2 || c === 0);
    const hole = Math.max(1, Math.round(size));
    const middle = Math.floor(half - hole / 2);
    const reach = Math.ceil(2 * half) + 1;
    for (let k = start[c]; k < start[c + 1]; k++) {
      const i = order[k];
      const x = Math.round(((x0[i] + x1[i]) / 2 - left) * scale - half);
      const y = Math.round(((y0[i] + y1[i]) / 2 - top) * scale - half);
      if (x < -reach || y < -reach || x > side || y > side) continue;
      if (x > 0 && y > 0 && x + reach < side && y + reach < side) {
        const at = y * side + x;
        if (ringed) for (let p = 0; p < halo.length; p += 2) { const q = at + halo[p + 1] * side + halo[p]; if (!out[q]) out[q] = white; }
        for (let p = 0; p < core.length; p += 2) out[at + core[p + 1] * side + core[p]] = colour;
      } else {
        const put = (dx, dy, value, under) => {
          const px = x + dx;
          const py = y + dy;
          if (px >= 0 && py >= 0 && px < side && py < side && !(under && out[py * side + px])) out[py * side + px] = value;
        };
        if (ringed) for (let p = 0; p < halo.length; p += 2) put(halo[p], halo[p + 1], white, true);
        for (let p = 0; p < core.length; p += 2) put(core[p], core[p + 1], colour, false);
      }
      if (flags[i]) {
        for (let dy = 0; dy < hole; dy++) {
          for (let dx = 0; dx < hole; dx++) {
            const px = x + middle + dx;
            const py = y + middle + dy;
            if (px >= 0 && py >= 0 && px < side && py < side) out[py * side + px] = white;
          }
        }
      }
    }
  }
  if (alone) {
    pen.putImageData(image, 0, 0);
    return;
  }
  scratch.pen.putImageData(image, 0, 0);
  pen.drawImage(scratch.canvas, 0, 0);
}

// The outline of the feature that is chosen: black on white, so that it shows on every colour.
function paintChosen(view, polygons, i) {
  const { pen, size, scale, left, top } = view;
  const { x0, y0, x1, y1 } = polygons;
  const across = Math.max(x1[i] - x0[i], y1[i] - y0[i]) * scale;
  pen.beginPath();
  if (across < 10 * size) pen.arc(((x0[i] + x1[i]) / 2 - left) * scale, ((y0[i] + y1[i]) / 2 - top) * scale, 7 * size, 0, 7);
  else trace(pen, polygons, view, i, 0.5);
  pen.lineJoin = 'round';
  for (const [width, colour] of [[5, '#ffffff'], [2.5, '#000000']]) {
    pen.lineWidth = width * size;
    pen.strokeStyle = colour;
    pen.stroke();
  }
}

// A whole tile of a layer.
function paintTile(layer, view, kept) {
  const { items, large, dots } = kept;
  const count = layer.styles.length;
  const { pen, side } = view;
  const tiny = byClass(items, dots, items.length, layer.classes, count);
  const alone = dots === 0 && view.chosen < 0;
  if (!alone) pen.clearRect(0, 0, side, side);
  const small = byClass(items, large, dots, layer.classes, count);
  const big = byClass(items, 0, large, layer.classes, count);
  for (const c of layer.order) {
    if (layer.hidden.has(c)) continue;
    pen.globalAlpha = layer.alphaOf(c);
    paintShapes(view, layer, layer.styles[c], small.order, small.start[c], small.start[c + 1], false);
    paintShapes(view, layer, layer.styles[c], big.order, big.start[c], big.start[c + 1], true);
  }
  pen.globalAlpha = 1;
  if (items.length > dots) paintDots(view, layer, tiny.order, tiny.start, alone);
  else if (alone) pen.clearRect(0, 0, side, side);
  if (view.chosen >= 0) paintChosen(view, layer.polygons, view.chosen);
}
