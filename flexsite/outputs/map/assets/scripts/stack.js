// What lies on the map, from below to above, and what of it is switched on.

// A layer of the list: {id, group, label(words), swatch(), layer, classes, alpha, on, facts}. `classes` are those of its layer.
class Entry {
  constructor(app, values) {
    Object.assign(this, { facts: [], alpha: 1, on: true, extra: null }, values);
    this.first = this.on;
    this.app = app;
  }

  show(on, alpha) {
    this.on = on;
    if (alpha !== undefined) this.alpha = alpha;
    const { layer, classes } = this;
    for (const c of classes || []) {
      if (on) layer.hidden.delete(c);
      else layer.hidden.add(c);
      if (this.alpha === 1) layer.alpha.delete(c);
      else layer.alpha.set(c, this.alpha);
    }
    if (this.extra) this.extra(this);
    if (!layer || !layer.classes) return;
    const some = layer.order.some((c) => !layer.hidden.has(c));
    const { map } = this.app;
    if (some && !layer._map) {
      if (this.app.ready) layer.addTo(map);
    } else if (!some && layer._map) layer.remove();
    else layer.repaint();
  }
}

class Stack {
  constructor(app, section) {
    this.app = app;
    this.layers = [];
    this.entries = [];
    this.overlays = new Map();
    this.context(section);
    this.ground();
    this.sites();
    this.points();
  }

  pane(name, index) {
    const pane = this.app.map.getPane(name) || this.app.map.createPane(name);
    pane.style.zIndex = index;
    pane.style.pointerEvents = 'none';
    return name;
  }

  add(name, index, polygons, styles, order) {
    const layer = new PolygonLayer(polygons, styles, order, { pane: this.pane(name, index), minZoom: 5, maxZoom: 21 });
    this.layers.push(layer);
    return layer;
  }

  entry(values) {
    const made = new Entry(this.app, values);
    this.entries.push(made);
    return made;
  }

  // The study's own surroundings; what is in reach and the ways there lie over the sites, all else below them.
  context(section) {
    const { sites, meta } = this.app;
    const kinds = Object.keys(BACKDROP);
    const present = new Uint8Array(sites.backdrop.n);
    const there = new Set();
    for (let i = 0; i < sites.backdrop.n; i++) {
      present[i] = kinds.indexOf(sites.backdropKind.at(i));
      there.add(present[i]);
    }
    const names = meta.names.map(({ names: texts, at, wide, kind }) => ({ kind, layer: new NameLayer(texts, section(at), section(wide)) }));
    for (const [name, index, over] of [['fsBackdrop', 210, false], ['fsShown', 460, true]]) {
      const order = kinds.flatMap((kind, k) => (Boolean(BACKDROP[kind].over) === over && there.has(k) ? [k] : []));
      if (!order.length) continue;
      const layer = this.add(name, index, sites.backdrop, kinds.map((kind) => BACKDROP[kind]), order);
      layer.classes.set(present);
      layer.still = true;
      if (!over) this.backdrop = layer;
    }
    for (const one of names) this.layers.push(one.layer);
    for (const one of meta.context) {
      const k = kinds.indexOf(one.kind);
      if (!there.has(k)) continue;
      const layer = this.layers.find((found) => found.order && found.order.includes(k));
      const named = names.filter((found) => found.kind === one.kind);
      const known = this.entries.find((entry) => entry.id === one.kind);
      if (known) {
        known.facts.push(one);
        continue;
      }
      const access = BACKDROP[one.kind].over || /^field/.test(one.kind); // of one place or subject; off until it is asked for
      const under = named.map((found) => found.layer);
      if (access) {
        layer.hidden.add(k);
        this.layers = this.layers.filter((found) => !under.includes(found));
      }
      this.entry({
        id: one.kind, group: access ? 'access' : 'context', layer, classes: [k], facts: [one], on: !access,
        label: (words) => words.label(one.label), swatch: () => swatchOf(BACKDROP[one.kind]),
        extra: (entry) => under.forEach((found) => (entry.on ? found.addTo(this.app.map) : found.remove())),
      });
    }
  }

  // The ground that each rule took; off until it is asked for.
  ground() {
    const { sites } = this.app;
    const ground = sites.excluded;
    if (!ground) return;
    const styles = ground.order.map((_, place) => groundStyle(place));
    const layer = this.add('fsGround', 400, ground.polygons, styles, styles.map((_, place) => place));
    const places = new Map(ground.order.map((id, place) => [id, place]));
    const ha = new Float64Array(styles.length);
    const placeOf = ground.rule.mapped((id) => places.get(id));
    for (let i = 0; i < ground.polygons.n; i++) {
      layer.classes[i] = placeOf(i);
      ha[layer.classes[i]] += ground.area.at(i) / 1e4;
    }
    ground.order.forEach((id, place) => {
      layer.hidden.add(place);
      if (!ha[place]) return;
      this.entry({ id: 'rule:' + id, rule: id, group: 'rules', layer, classes: [place], on: false, ha: ha[place],
        label: (words) => ruleName(words, sites.rule(id)), swatch: () => swatchOf(groundStyle(place)) });
    });
  }

  sites() {
    const { app } = this;
    app.layer = this.add('fsSites', 450, app.sites.polygons, STYLES, PAINT_ORDER);
    const groups = app.sites.profiles.length ? [['sites', [0, 1, 2, 3]], ['unsuitable', [4]]] : [['sites', [5]]];
    for (const [id, classes] of groups) {
      this.entry({ id, group: 'results', layer: app.layer, classes, label: (words) => words.t('layers.' + id), swatch: () => swatchOf(STYLES[classes[0]]) });
    }
  }

  points() {
    const { app } = this;
    app.points = new PointLayer({ pane: this.pane('fsPoints', 470), minZoom: 5, maxZoom: 21 });
    this.layers.push(app.points);
    const projects = app.meta.projects || [];
    if (!projects.length) return;
    app.points.put('projects', projects.map((project) => ({ ...project, sign: 'star', open: () => app.openProject(project) })));
    this.entry({
      id: 'projects', group: 'results', layer: app.points, label: (words) => words.t('layers.projects'), swatch: () => signSwatch('star'),
      extra: (entry) => {
        if (entry.on) app.points.hidden.delete('projects');
        else app.points.hidden.add('projects');
        app.points.setOpacity(entry.alpha);
        if (app.points._map) app.points.redraw();
      },
    });
  }

  addTo(map) {
    const visible = (layer) => !layer.order || layer.order.some((c) => !layer.hidden.has(c));
    for (const layer of this.layers) if (visible(layer)) layer.addTo(map);
  }

  // Polygons of another part on the map under a name, in place of those it had; without polygons they go.
  overlay(name, polygons, style, options) {
    const { label, below, chosen } = options || {};
    const before = this.overlays.get(name);
    if (before) {
      before.layer.remove();
      this.entries = this.entries.filter((entry) => entry !== before.entry);
      this.layers = this.layers.filter((layer) => layer !== before.layer);
      this.overlays.delete(name);
    }
    let layer = null;
    if (polygons && polygons.n) {
      layer = this.add('fsOver' + name, below ? 405 : 455, polygons, [style, {}], [0]);
      if (chosen) for (let i = 0; i < polygons.n; i++) layer.classes[i] = chosen[i] ? 0 : 1;
      const entry = label ? this.entry({ id: 'over:' + name, group: 'results', layer, classes: [0], label: (words) => (typeof label === 'function' ? label(words) : label), swatch: () => swatchOf(style) }) : null;
      this.overlays.set(name, { layer, entry, style, label });
      if (this.app.ready) layer.addTo(this.app.map);
    }
    if (this.app.ready) this.app.showLegend();
    return layer;
  }
}
