// A Leaflet layer that paints polygons straight into canvas tiles: no object per site, no element per site.

const DOT = 3; // device pixels: what is smaller on the screen is drawn as a dot
let scratch = null;

// Offsets of the pixels of a disc of the given diameter, and of the ring around it.
function disc(diameter) {
  const core = [];
  const halo = [];
  const radius = diameter / 2;
  for (let y = -1; y <= diameter; y++) {
    for (let x = -1; x <= diameter; x++) {
      const away = Math.hypot(x + 0.5 - radius, y + 0.5 - radius);
      if (away <= radius) core.push([x, y]);
      else if (away <= radius + 1) halo.push([x, y]);
    }
  }
  return { core, halo, half: radius };
}

function pixel(colour) {
  const value = parseInt(colour.slice(1), 16);
  return (0xff000000 | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}

// Eight by eight device pixels that repeat without a seam, as 256 is a multiple of 8.
function hatch(kind, colour, ratio) {
  const size = 8 * ratio;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size;
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
  return canvas;
}

const PolygonLayer = L.GridLayer.extend({
  options: { tileSize: 256, updateWhenZooming: false, updateWhenIdle: false, keepBuffer: 1 },

  // styles: by class {fill, stroke, width, hatch, dot, halo, from}; draw order is the order of `order`.
  initialize(polygons, styles, order, options) {
    L.setOptions(this, options);
    this.polygons = polygons;
    this.styles = styles;
    this.order = order;
    this.classes = new Uint8Array(polygons.n);
    this.flags = new Uint8Array(polygons.n); // 1: hatched because something is unknown
    this.hidden = new Set(styles.flatMap((style, c) => (style.fill || style.stroke ? [] : [c])));
    this.selected = -1;
  },

  createTile(at) {
    const tile = document.createElement('canvas');
    const ratio = Math.min(2, Math.max(1, Math.round(window.devicePixelRatio || 1)));
    tile.width = tile.height = 256 * ratio;
    this.paint(tile, at, ratio);
    return tile;
  },

  // At half zooms Leaflet shows the tiles smaller; lines and dots are drawn that much larger.
  enlarge() {
    return this._map ? Math.max(1, Math.pow(2, this._tileZoom - this._map.getZoom())) : 1;
  },

  onAdd(map) {
    L.GridLayer.prototype.onAdd.call(this, map);
    map.on('zoomend', this.rescale, this);
  },

  onRemove(map) {
    map.off('zoomend', this.rescale, this);
    L.GridLayer.prototype.onRemove.call(this, map);
  },

  rescale() {
    if (this.enlarged !== this.enlarge()) this.repaint();
  },

  paint(tile, at, ratio) {
    const pen = tile.getContext('2d');
    const side = 256 * ratio;
    const units = WORLD / Math.pow(2, at.z);
    this.enlarged = this.enlarge();
    const view = { pen, ratio, size: ratio * this.enlarged, side, left: at.x * units, top: at.y * units, scale: side / units, zoom: at.z };
    pen.clearRect(0, 0, side, side);
    if (at.y < 0 || at.x < 0) return;
    const margin = 8 / view.scale;
    const big = this.styles.map(() => []);
    const small = this.styles.map(() => []);
    const { x0, y0, x1, y1 } = this.polygons;
    const least = DOT / view.scale;
    this.polygons.query(view.left - margin, view.top - margin, view.left + units + margin, view.top + units + margin, (i) => {
      const c = this.classes[i];
      if (!this.hidden.has(c)) (Math.max(x1[i] - x0[i], y1[i] - y0[i]) < least ? small : big)[c].push(i);
    });
    for (const c of this.order) this.fill(view, big[c], this.styles[c]);
    if (small.some((group) => group.length)) this.dots(view, small);
    if (this.selected >= 0) this.outline(view, this.selected);
  },

  fill(view, group, style) {
    const { pen, ratio, size } = view;
    const edge = view.zoom >= (style.from || 0) && style.stroke;
    const paint = (some, finish) => {
      for (let k = 0; k < some.length; k += 32) {
        pen.beginPath();
        for (let j = k; j < Math.min(some.length, k + 32); j++) this.trace(view, some[j]);
        finish();
      }
    };
    paint(group, () => {
      if (style.fill) { pen.fillStyle = style.fill; pen.fill(); }
      if (style.hatch !== undefined) { pen.fillStyle = pen.createPattern(hatch(style.hatch, style.ink, ratio), 'repeat'); pen.fill(); }
    });
    const unknown = group.filter((i) => this.flags[i]);
    if (unknown.length) {
      const pattern = pen.createPattern(hatch(0, style.ink || '#1d2733', ratio), 'repeat');
      paint(unknown, () => { pen.fillStyle = pattern; pen.fill(); });
    }
    if (edge) {
      pen.strokeStyle = style.stroke;
      pen.lineWidth = (style.width || 1) * size;
      pen.lineJoin = 'round';
      paint(group, () => pen.stroke());
    }
  },

  // All rings of a feature as one path; steps below half a pixel are left out.
  trace(view, i) {
    const { pen, scale, left, top } = view;
    const { ring, vertex, X, Y } = this.polygons;
    const least = 0.5 / scale;
    for (let r = ring[i]; r < ring[i + 1]; r++) {
      let v = vertex[r];
      let x = X[v];
      let y = Y[v];
      pen.moveTo((x - left) * scale, (y - top) * scale);
      for (const end = vertex[r + 1]; ++v < end;) {
        if (Math.abs(X[v] - x) < least && Math.abs(Y[v] - y) < least) continue;
        x = X[v];
        y = Y[v];
        pen.lineTo((x - left) * scale, (y - top) * scale);
      }
      pen.closePath();
    }
  },

  // Dots are written as pixels: fifty thousand of them take a few milliseconds.
  dots(view, small) {
    const { pen, side, size, scale, left, top } = view;
    if (!scratch || scratch.canvas.width !== side) {
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = side;
      scratch = canvas.getContext('2d', { willReadFrequently: true });
    }
    const image = scratch.createImageData(side, side);
    const out = new Uint32Array(image.data.buffer);
    const { x0, y0, x1, y1 } = this.polygons;
    const put = (x, y, colour, under) => {
      if (x >= 0 && y >= 0 && x < side && y < side && !(under && out[y * side + x])) out[y * side + x] = colour;
    };
    for (const c of this.order) {
      const style = this.styles[c];
      if (!style.dot) continue;
      const { core, halo, half } = disc(Math.round(style.dot * size));
      const colour = pixel(style.dotColour || style.fill);
      for (const i of small[c]) {
        const x = Math.round(((x0[i] + x1[i]) / 2 - left) * scale - half);
        const y = Math.round(((y0[i] + y1[i]) / 2 - top) * scale - half);
        if (style.halo) for (const [dx, dy] of halo) put(x + dx, y + dy, 0xffffffff, true);
        for (const [dx, dy] of core) put(x + dx, y + dy, colour);
        if (this.flags[i]) {
          const hole = Math.max(1, Math.round(size));
          const middle = Math.floor(half - hole / 2);
          for (let dy = 0; dy < hole; dy++) for (let dx = 0; dx < hole; dx++) put(x + middle + dx, y + middle + dy, 0xffffffff);
        }
      }
    }
    scratch.putImageData(image, 0, 0);
    pen.drawImage(scratch.canvas, 0, 0);
  },

  outline(view, i) {
    const { pen, size, scale, left, top } = view;
    const { x0, y0, x1, y1 } = this.polygons;
    const across = Math.max(x1[i] - x0[i], y1[i] - y0[i]) * scale;
    pen.beginPath();
    if (across < 10 * size) pen.arc(((x0[i] + x1[i]) / 2 - left) * scale, ((y0[i] + y1[i]) / 2 - top) * scale, 7 * size, 0, 7);
    else this.trace(view, i);
    pen.lineJoin = 'round';
    for (const [width, colour] of [[5, '#ffffff'], [2.5, '#000000']]) {
      pen.lineWidth = width * size;
      pen.strokeStyle = colour;
      pen.stroke();
    }
  },

  // Paint again: tiles in view now, the others a little later.
  repaint() {
    const bounds = this._map && this._map.getPixelBounds();
    if (!bounds) return;
    const late = [];
    const again = (tile) => this.paint(tile.el, tile.coords, tile.el.width / 256);
    for (const tile of Object.values(this._tiles)) {
      const corner = tile.coords.scaleBy(this.getTileSize());
      const inView = tile.coords.z === this._tileZoom && corner.x < bounds.max.x && corner.x + 256 > bounds.min.x
        && corner.y < bounds.max.y && corner.y + 256 > bounds.min.y;
      if (inView) again(tile);
      else late.push(tile);
    }
    clearTimeout(this._late);
    this._late = setTimeout(() => late.forEach(again), 200);
  },

  // The feature under a place on the screen: the smallest that contains it, else a dot nearby.
  pick(x, y, zoom) {
    const shown = (i) => !this.hidden.has(this.classes[i]);
    const inside = this.polygons.at(x, y).filter(shown);
    if (inside.length) return inside.reduce((a, b) => (this.polygons.size(b) < this.polygons.size(a) ? b : a));
    const reach = (6 * WORLD) / (256 * Math.pow(2, zoom));
    const { x0, y0, x1, y1 } = this.polygons;
    let best = -1;
    let nearest = reach;
    this.polygons.query(x - reach, y - reach, x + reach, y + reach, (i) => {
      if (!shown(i) || Math.max(x1[i] - x0[i], y1[i] - y0[i]) > 2 * reach) return;
      const away = Math.hypot((x0[i] + x1[i]) / 2 - x, (y0[i] + y1[i]) / 2 - y);
      if (away < nearest || (away === nearest && this.order.indexOf(this.classes[i]) > this.order.indexOf(this.classes[best]))) {
        best = i;
        nearest = away;
      }
    });
    return best;
  },
});

// Names of places, shown while the place is wide enough on the screen.
const NameLayer = L.Layer.extend({
  initialize(names, at, wide) {
    Object.assign(this, { names, at, wide });
  },

  onAdd(map) {
    const pane = map.getPane('fsNames') || map.createPane('fsNames');
    pane.style.zIndex = 460;
    pane.style.pointerEvents = 'none';
    this.labels = this.names.map((name) => pane.appendChild(el('span', { className: 'fs-name' }, name)));
    map.on('zoomend viewreset', this.place, this);
    if (map._loaded) this.place();
  },

  place() {
    const map = this._map;
    const pixels = Math.pow(2, map.getZoom() - (BITS - 8));
    this.labels.forEach((label, k) => {
      label.hidden = this.wide[k] * pixels < 70 || !this.names[k];
      L.DomUtil.setPosition(label, map.latLngToLayerPoint(map.unproject([this.at[2 * k], this.at[2 * k + 1]], BITS - 8)).round());
    });
  },
});
