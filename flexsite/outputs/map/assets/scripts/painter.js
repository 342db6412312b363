// Painting polygons into one canvas tile: what is large with its edge, what is small as a shape, what is tiny as a dot.

const DOT = 3; // pixels on the screen: what is smaller is drawn as a dot
const PATHS = 64; // pixels: what is smaller is written pixel by pixel
const EDGED = 10; // pixels: what is smaller has no edge, unless it is nothing but an edge
const PATCH = 32; // polygons per path: one path of thousands is far slower
let raster = null;
const hatches = new Map();

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
  const steps = [PATHS * view.ratio / view.scale, DOT * view.ratio / view.scale];
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

// Places of items in [from, to) by class: those of class c are order[start[c]]..order[start[c + 1]].
function byClass(items, from, to, classes, count) {
  const start = new Uint32Array(count + 2);
  for (let k = from; k < to; k++) start[classes[items[k]] + 2]++;
  for (let c = 2; c <= count; c++) start[c + 1] += start[c];
  const order = new Uint32Array(to - from);
  for (let k = from; k < to; k++) order[start[classes[items[k]] + 1]++] = k;
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

// One class of large polygons: filled, hatched and edged, those with something unknown hatched.
function paintShapes(view, layer, style, items, order, from, to) {
  if (from >= to) return;
  const { pen, ratio, size } = view;
  const { polygons, flags } = layer;
  const edge = style.stroke && view.zoom >= (style.from || 0);
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
      const i = items[order[j]];
      trace(pen, polygons, view, i, 0.5);
      if (flags[i]) (unknown = unknown || []).push(i);
    }
    if (style.fill) { pen.fillStyle = style.fill; pen.fill(); }
    if (inked) { pen.fillStyle = inked; pen.fill(); }
    if (edge) pen.stroke();
  }
  if (!unknown) return;
  pen.fillStyle = pen.createPattern(hatch(0, style.ink || '#1d2733', ratio), 'repeat');
  for (let k = 0; k < unknown.length; k += PATCH) {
    pen.beginPath();
    for (let j = k; j < Math.min(unknown.length, k + PATCH); j++) trace(pen, polygons, view, unknown[j], 0.5);
    pen.fill();
  }
}

// One class of polygons as pixels; those with something unknown hatched, those that are large enough edged.
function rasterShapes(view, layer, c, kept, order, from, to) {
  if (from >= to) return;
  const { polygons, flags, styles } = layer;
  const { x0, y0, x1, y1 } = polygons;
  const style = styles[c];
  const fill = style.fill ? channels(style.fill) : null;
  const stroke = style.stroke ? channels(style.stroke) : null;
  const inked = style.hatch === undefined ? null : inkedBy(style.hatch, view.ratio);
  if (!fill && !stroke && !inked) return;
  const edged = !fill ? 0 : view.zoom >= (style.from || 0) ? EDGED * view.ratio / view.scale : Infinity;
  const paint = { fill, edge: null, alpha: layer.alphaOf(c), ink: channels(style.ink || '#1d2733'), inked };
  const unknown = inkedBy(0, view.ratio);
  const { items, large, runs } = kept;
  for (let k = from; k < to; k++) {
    const i = items[order[k]];
    const n = order[k] - large;
    paint.edge = Math.max(x1[i] - x0[i], y1[i] - y0[i]) >= edged ? stroke : null;
    paint.inked = flags[i] ? unknown : inked;
    raster.colour(runs, runs.start[n], runs.start[n + 1], paint);
  }
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

// A whole tile of a layer: large shapes as paths, then small ones and dots as pixels, then what is chosen.
function paintTile(layer, view, kept) {
  const { items, large, dots } = kept;
  const count = layer.styles.length;
  const { pen, side } = view;
  const alone = large === 0;
  if (!alone) {
    pen.clearRect(0, 0, side, side);
    const big = byClass(items, 0, large, layer.classes, count);
    for (const c of layer.order) {
      if (layer.hidden.has(c)) continue;
      pen.globalAlpha = layer.alphaOf(c);
      paintShapes(view, layer, layer.styles[c], items, big.order, big.start[c], big.start[c + 1]);
    }
    pen.globalAlpha = 1;
  }
  if (alone || items.length > large) {
    if (!raster || raster.side !== side) raster = new Raster(side);
    raster.clear();
    kept.runs = kept.runs || raster.runs(layer.polygons, view, items, large, dots);
    const small = byClass(items, large, dots, layer.classes, count);
    const tiny = byClass(items, dots, items.length, layer.classes, count);
    for (const c of layer.order) if (!layer.hidden.has(c)) rasterShapes(view, layer, c, kept, small.order, small.start[c], small.start[c + 1]);
    for (const c of layer.order) {
      const style = layer.styles[c];
      if (!style.dot || layer.hidden.has(c) || tiny.start[c] === tiny.start[c + 1]) continue;
      raster.dots(layer.polygons, layer.flags, view, style, layer.alphaOf(c), items, tiny.order, tiny.start[c], tiny.start[c + 1]);
    }
    raster.flush(pen, alone);
    if (layer.still) kept.runs = null; // never painted again: no need to keep them
  }
  if (view.chosen >= 0) paintChosen(view, layer.polygons, view.chosen);
}
