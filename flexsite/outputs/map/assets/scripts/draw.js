// Drawing on the map: a pin, a line or a polygon, by clicks or by typed coordinates; and all entries as signs and shapes.

const LEAST_POINTS = { pin: 1, line: 2, polygon: 3 };
const DRAWN = { fill: '#5b2a8626', stroke: '#5b2a86', width: 2.5, from: 0, thin: true, dot: 5, dotColour: '#5b2a86' };

// Typed pairs, one a line: x and y in the study CRS, with a decimal comma or point. Throws the number of a wrong line.
function readPairs(text) {
  return text.split('\n').map((line, k) => [line.trim(), k + 1]).filter(([line]) => line).map(([line, k]) => {
    let parts = line.split(/[\s;]+/).map((one) => one.replace(/,$/, '')).filter(Boolean);
    if (parts.length === 1) parts = line.split(',');
    const pair = parts.map((one) => (/^-?\d+([.,]\d+)?$/.test(one) ? Number(one.replace(',', '.')) : NaN));
    if (pair.length !== 2 || pair.some(Number.isNaN)) throw new NotesError('draw.wrong', { n: k });
    return pair;
  });
}

class Sketch {
  constructor(app, kind, points, told) {
    Object.assign(this, { app, kind, told });
    this.points = points; // in units of the map
    const { map } = app;
    if (!map.getPane('fsSketch')) {
      map.createPane('fsSketch').style.zIndex = 480;
      map.getPane('fsSketch').style.pointerEvents = 'none';
    }
    const options = { pane: 'fsSketch', renderer: L.svg({ pane: 'fsSketch' }), interactive: false, color: '#5b2a86', weight: 3 };
    this.line = kind === 'polygon' ? L.polygon([], { ...options, fillOpacity: 0.15 }) : L.polyline([], options);
    this.dots = L.layerGroup().addTo(map);
    this.line.addTo(map);
    this.zooms = map.doubleClickZoom.enabled();
    map.doubleClickZoom.disable();
    map.getContainer().classList.add('fs-drawing');
    app.grab = (event) => this.click(event);
    this.key = (event) => { if (event.key === 'Escape') { event.stopPropagation(); this.told('cancel'); } };
    map.getContainer().addEventListener('keydown', this.key);
    this.show();
  }

  click(event) {
    const at = this.app.map.project(event.latlng, BITS - 8);
    const last = this.points[this.points.length - 1];
    const near = last && this.app.map.latLngToContainerPoint(event.latlng).distanceTo(this.app.map.latLngToContainerPoint(this.app.toLatLng(...last))) < 4;
    if (!near || this.kind === 'pin') this.add([at.x, at.y]); // the second click of two is none
    return true;
  }

  add(point) {
    this.points = this.kind === 'pin' ? [point] : [...this.points, point];
    this.show();
    this.told('points');
  }

  back() {
    this.points = this.points.slice(0, -1);
    this.show();
    this.told('points');
  }

  get enough() {
    return this.points.length >= LEAST_POINTS[this.kind];
  }

  // The points as text in the study CRS, and back.
  get text() {
    return this.points.map(([x, y]) => this.app.sites.backward.at(x, y)).filter(Boolean).map(([x, y]) => x.toFixed(1) + ' ' + y.toFixed(1)).join('\n');
  }

  type(text) {
    const pairs = readPairs(text);
    const points = pairs.map(([x, y], k) => this.app.sites.forward.at(x, y) || (() => { throw new NotesError('draw.outside', { n: k + 1 }); })());
    this.points = this.kind === 'pin' ? points.slice(-1) : points;
    this.show();
    if (points.length && !this.app.map.getBounds().contains(this.app.toLatLng(...points[points.length - 1]))) {
      this.app.map.panTo(this.app.toLatLng(...points[points.length - 1]), { animate: false });
    }
  }

  show() {
    const places = this.points.map(([x, y]) => this.app.toLatLng(x, y));
    this.line.setLatLngs(places);
    this.dots.clearLayers();
    for (const place of places) {
      L.circleMarker(place, { pane: 'fsSketch', renderer: this.line.options.renderer, interactive: false, radius: this.kind === 'pin' ? 7 : 5, color: '#ffffff', weight: 2, fillColor: '#5b2a86', fillOpacity: 1 }).addTo(this.dots);
    }
  }

  geometry() {
    const degrees = this.points.map(([x, y]) => toDegrees(x, y));
    if (this.kind === 'pin') return { type: 'Point', coordinates: degrees[0] };
    if (this.kind === 'line') return { type: 'LineString', coordinates: degrees };
    if (turning(this.points) > 0) degrees.reverse(); // y runs downwards in units of the map
    return { type: 'Polygon', coordinates: [[...degrees, degrees[0]]] };
  }

  end() {
    const { map } = this.app;
    this.line.remove();
    this.line.options.renderer.remove();
    this.dots.remove();
    if (this.zooms) map.doubleClickZoom.enable();
    map.getContainer().classList.remove('fs-drawing');
    map.getContainer().removeEventListener('keydown', this.key);
    this.app.grab = null;
  }
}

// What an entry is sketched as, and its points; null when it cannot be drawn anew (several parts, a site).
function sketchOf(entry) {
  const kind = { Point: 'pin', LineString: 'line', Polygon: 'polygon' }[entry.geometry ? entry.geometry.type : ''];
  const paths = kind && entry.entry !== 'verdict' ? pathsOf(entry.geometry) : [];
  return paths.length === 1 ? { kind, points: paths[0] } : null;
}

// Signs and shapes of all entries; lines are drawn as polygons that go there and back.
function drawEntries(app) {
  const { verdicts } = app;
  const signs = new Map(); // name of a group: its signs
  const shapes = [];
  const middle = (i) => {
    const [x, y] = app.sites.centre(i);
    return app.sites.polygons.contains(i, x, y) ? [x, y] : middleOfRings(ringsOf(app.sites.polygons, i));
  };
  for (const entry of verdicts.entries.values()) {
    const open = () => openEntry(app, entry.id);
    const add = (sign, [x, y], colour, text) => {
      const group = 'note-' + sign + (text || '');
      signs.set(group, [...(signs.get(group) || []), { x, y, sign, colour, text, open }]);
    };
    const site = entry.sites.length ? entry.sites[0] : -1;
    if (entry.entry === 'pin') {
      if (entry.geometry) add('pin', middleOf(entry.geometry), PIN_COLOURS[(entry.colour || 1) - 1], String(entry.colour || 1));
    } else if (entry.verdict) {
      const at = site >= 0 ? middle(site) : entry.geometry ? middleOf(entry.geometry) : null;
      if (at) add(entry.verdict, at);
    }
    if (entry.entry === 'pin' && entry.verdict && site >= 0) add(entry.verdict, middle(site));
    if (entry.entry === 'drawing' && entry.geometry) {
      const paths = pathsOf(entry.geometry);
      shapes.push(entry.geometry.type.endsWith('Polygon') ? paths : paths.map((path) => [...path, ...path.slice(1, -1).reverse()]));
    }
  }
  app.overlay('Notes', shapes.length ? Polygons.of(shapes) : null, DRAWN, { label: (told) => told.t('notes.drawings') });
  app.stack.entries = app.stack.entries.filter((entry) => !entry.sign);
  for (const group of ['note-favourite', 'note-veto', ...PIN_COLOURS.map((_, k) => 'note-pin' + (k + 1))]) {
    const items = signs.get(group) || [];
    app.signs(group, items);
    if (!items.length) continue;
    const { sign, colour, text } = items[0];
    const meaning = text ? verdicts.meanings[text - 1] : '';
    app.stack.entry({ id: 'over:' + group, sign, group: 'results', layer: null, on: !app.points.hidden.has(group),
      label: (told) => told.t('notes.sign.' + sign) + (text ? ' ' + (meaning || told.t('notes.colour.' + text)) : ''), swatch: () => signSwatch(sign, colour, text),
      extra: (entry) => {
        if (entry.on) app.points.hidden.delete(group);
        else app.points.hidden.add(group);
        if (app.points._map) app.points.redraw();
      } });
  }
  app.showLegend();
}
