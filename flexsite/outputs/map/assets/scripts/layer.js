// A Leaflet layer that paints polygons straight into canvas tiles: no object per site, no element per site.

// Of a frame, for new tiles: until the first are all there, while the map moves, and when it rests.
const FIRST_MS = 40;
const MOVING_MS = 6;
const RESTING_MS = 4;
const DENSE = 0.02; // dots per pixel above which dots are drawn smaller

// Tiles of exactly the zoom of the map, half steps too, so that none is shown larger or smaller than it was painted.
const ExactTiles = L.GridLayer.extend({
  _setView(center, zoom, ...more) {
    this.exact = zoom;
    L.GridLayer.prototype._setView.call(this, center, zoom, ...more);
  },

  _clampZoom() {
    return this.exact;
  },

  // Tiles lie flat in their level: with a transform of its own, each would be a layer that the browser puts together
  // with all others in every frame.
  _addTile(at, container) {
    L.GridLayer.prototype._addTile.call(this, at, container);
    const { el: tile } = this._tiles[this._tileCoordsToKey(at)];
    const { x, y } = L.DomUtil.getPosition(tile);
    Object.assign(tile.style, { transform: '', left: x + 'px', top: y + 'px' });
  },
});

const PolygonLayer = ExactTiles.extend({
  options: { tileSize: 256, updateWhenZooming: false, updateWhenIdle: false, keepBuffer: 1 },

  // styles: by class {fill, stroke, width, hatch, dot, halo, from}; draw order is the order of `order`.
  initialize(polygons, styles, order, options) {
    L.setOptions(this, options);
    this.polygons = polygons;
    this.styles = styles;
    this.order = order;
    this.classes = new Uint8Array(polygons.n);
    this.flags = new Uint8Array(polygons.n); // 1: hatched because something is unknown
    this.hidden = new Set(styles.flatMap((style, c) => (style.fill || style.stroke || style.hatch !== undefined ? [] : [c])));
    this.alpha = new Map(); // opacity by class, where it is not 1
    this.selected = -1;
    this.queue = [];
    this.first = true;
    this.once('load', () => { this.first = false; });
  },

  alphaOf(c) {
    return this.alpha.has(c) ? this.alpha.get(c) : 1;
  },

  // Tiles are painted a few per frame, so that the map never waits for them.
  createTile(at, done) {
    const tile = document.createElement('canvas');
    tile.ratio = Math.min(2, Math.max(1, Math.round(window.devicePixelRatio || 1)));
    tile.width = tile.height = 256 * tile.ratio;
    this.queue.push({ tile, at, done });
    this.wake();
    return tile;
  },

  wake() {
    if (this.awake) return;
    this.awake = true;
    const next = () => { this.awake = false; this.work(); };
    if (document.hidden) setTimeout(next, 0); // a hidden tab gets no frames
    else requestAnimationFrame(next);
  },

  work() {
    if (!this._map) return;
    if (this._map._animatingZoom) { this.wake(); return; } // the zoom needs its frames for itself
    const end = performance.now() + (this.moving ? MOVING_MS : this.first ? FIRST_MS : RESTING_MS);
    while (this.queue.length && performance.now() < end) {
      const { tile, at, done } = this.queue.shift();
      if (tile.parentNode || done) this.paint(tile, at);
      if (done) done(null, tile);
    }
    if (this.queue.length) this.wake();
  },

  // Leaflet looks which tiles to let go after each that comes; once after all is enough.
  _pruneTiles() {
    if (!this.queue.length) L.GridLayer.prototype._pruneTiles.call(this);
  },

  onAdd(map) {
    ExactTiles.prototype.onAdd.call(this, map);
    map.on({ movestart: this.leave, moveend: this.arrive }, this);
  },

  onRemove(map) {
    map.off({ movestart: this.leave, moveend: this.arrive }, this);
    this.queue = [];
    ExactTiles.prototype.onRemove.call(this, map);
  },

  leave() {
    this.moving = true;
  },

  arrive() {
    this.moving = false;
  },

  // The chosen feature when it lies on the tile, else -1.
  chosenOn(view) {
    const i = this.selected;
    if (i < 0) return -1;
    const { x0, y0, x1, y1 } = this.polygons;
    const margin = 12 * view.size / view.scale;
    return x1[i] >= view.left - margin && x0[i] <= view.left + view.units + margin
      && y1[i] >= view.top - margin && y0[i] <= view.top + view.units + margin ? i : -1;
  },

  // How much smaller dots are drawn, in pixels, where so many would cover each other.
  dense(view) {
    const [west, north, east, south] = this.polygons.bounds || [0, 0, 1, 1];
    const scale = view.scale / view.ratio;
    const each = this.polygons.n / ((east - west) * scale * (south - north) * scale + 1);
    return each > 3 * DENSE ? 2 : each > DENSE ? 1 : 0;
  },

  // Paints a tile, unless it looks already as it would.
  paint(tile, at) {
    if (at.y < 0 || at.x < 0) return;
    const { ratio } = tile;
    const side = tile.width;
    const units = WORLD / Math.pow(2, at.z);
    const view = { ratio, size: ratio, side, units, left: at.x * units, top: at.y * units, scale: side / units, zoom: at.z };
    const kept = tile.kept || tileItems(this.polygons, view);
    tile.kept = kept;
    const { items, state } = kept;
    view.chosen = this.chosenOn(view);
    const stamp = [[...this.hidden], [...this.alpha], view.chosen].join(';');
    let same = stamp === kept.stamp;
    kept.stamp = stamp;
    for (let k = 0; k < items.length; k++) {
      const now = this.classes[items[k]] | (this.flags[items[k]] << 7);
      if (state[k] === now) continue;
      state[k] = now;
      same = false;
    }
    if (same || (!items.length && view.chosen < 0 && !tile.pen)) return; // a tile of nothing never gets a bitmap
    view.pen = tile.pen = tile.pen || tile.getContext('2d');
    view.dense = this.dense(view);
    paintTile(this, view, kept);
  },

  // Paint again: tiles in view now, the others a little later.
  repaint() {
    const bounds = this._map && this._map.getPixelBounds();
    if (!bounds) return;
    const late = [];
    for (const { el: tile, coords } of Object.values(this._tiles)) {
      const corner = coords.scaleBy(this.getTileSize());
      const inView = coords.z === this._tileZoom && corner.x < bounds.max.x && corner.x + 256 > bounds.min.x
        && corner.y < bounds.max.y && corner.y + 256 > bounds.min.y;
      if (!tile.kept) continue; // still to be painted for the first time
      if (inView) this.paint(tile, coords);
      else late.push({ tile, at: coords });
    }
    clearTimeout(this._late);
    this._late = setTimeout(() => {
      this.queue.push(...late);
      this.wake();
    }, 200);
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

  onRemove(map) {
    map.off('zoomend viewreset', this.place, this);
    for (const label of this.labels) label.remove();
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
