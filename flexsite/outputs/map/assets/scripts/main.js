// From block to page: the state, what happens on a click, and the scripting interface `window.flexsite`.

class App {
  constructor(map, meta, section) {
    this.map = map;
    this.meta = meta;
    this.words = new Words(meta);
    this.sites = new Sites(meta, section);
    this.selection = new Selection(this.sites, this.words);
    this.selection.verdicts = () => verdictsOf(this);
    this.tab = 'list';
    this.page = 0;
    this.place = null;
    this.off = new Set(); // rules that are switched off
    this.compared = []; // sites side by side
    this.letters = []; // their marks on the map
    this.parts = { panel: byId('fs-panel'), card: byId('fs-card'), legend: byId('fs-legend') };
    this.stack = new Stack(this, section);
    if (meta.background) this.background = new Background(this);
    this.controls();
    this.colour();
    this.speak(this.words.language);
    this.home(false);
    restoreLink(this);
    this.stack.addTo(map); // once the view is known, so that nothing is painted twice
    this.ready = true;
    map.on('click', (event) => this.click(event));
    document.addEventListener('keydown', (event) => { if (event.key === 'Escape') this.close(); });
  }

  controls() {
    const { map, sites } = this;
    this.zoom = L.control.zoom({ position: 'topleft', zoomInText: '+', zoomOutText: '\u2212' }).addTo(map);
    L.control.scale({ imperial: false, position: 'bottomright', maxWidth: 140 }).addTo(map);
    const home = el('a', { href: '#', role: 'button', className: 'fs-home', onclick: (event) => { event.preventDefault(); this.home(true); } }, '\u2302');
    L.DomEvent.disableClickPropagation(home); // a click on it is none on the map
    this.zoom.getContainer().append(home);
    this.homeButton = home;
    this.cross = L.marker([0, 0], { icon: L.divIcon({ className: 'fs-cross', iconSize: [18, 18] }), interactive: false, keyboard: false });
    map.getContainer().setAttribute('role', 'application');
    new ResizeObserver(() => map.invalidateSize()).observe(map.getContainer());
    map.invalidateSize({ animate: false });
    this.bounds = sites.boundsOfArea() || sites.polygons.bounds;
  }

  toLatLng(x, y) {
    return this.map.unproject([x, y], BITS - 8);
  }

  latLngBounds([west, north, east, south]) {
    return L.latLngBounds(this.toLatLng(west, south), this.toLatLng(east, north));
  }

  frame(bounds, options) {
    const wide = !narrow() && !this.parts.card.hidden;
    const { legend, compare } = this.parts;
    const covered = Math.max(legend.offsetHeight, compare ? compare.offsetHeight : 0);
    const under = wide && this.map.getSize().y > 600 ? covered + 22 : 10;
    this.map.fitBounds(this.latLngBounds(bounds),
      { paddingTopLeft: [10, 10], paddingBottomRight: [wide ? 400 : 10, under], ...options });
  }

  home(animate) {
    if (!this.bounds) return;
    const zoom = (left) => this.map.getBoundsZoom(this.latLngBounds(this.bounds), false, L.point(left + 10, 20));
    const beside = narrow() ? 10 : this.parts.legend.offsetWidth + 22; // not under the legend when that costs nothing
    const left = zoom(beside) === zoom(10) ? beside : 10;
    this.frame(this.bounds, { animate, paddingTopLeft: [left, 10], paddingBottomRight: [10, 10] });
  }

  colour() {
    this.counts = this.sites.classify(this.layer.classes, this.layer.flags);
    this.layer.repaint();
  }

  // Everything in words again, in the given language.
  speak(language) {
    const { words, map, meta, parts } = this;
    words.use(language);
    this.selection.apply();
    document.documentElement.lang = words.language;
    document.title = meta.title;
    parts.panel.setAttribute('aria-label', words.t('panel'));
    parts.legend.setAttribute('aria-label', words.t('legend'));
    map.getContainer().setAttribute('aria-label', words.t('map'));
    const [zoomIn, zoomOut] = this.zoom.getContainer().querySelectorAll('a');
    for (const [button, key] of [[zoomIn, 'map.zoomin'], [zoomOut, 'map.zoomout'], [this.homeButton, 'map.home']]) {
      button.title = words.t(key);
      button.setAttribute('aria-label', words.t(key));
    }
    this.render();
    this.tell('language');
  }

  render() {
    const focus = document.activeElement && document.activeElement.id;
    this.body = el('div', { id: 'fs-body', role: 'tabpanel', tabindex: '-1' });
    this.tabs = tabsContent(this);
    const tools = (below) => PARTS.tools.filter((one) => Boolean(one.below) === below).map((one) => one.content(this)).filter(Boolean);
    this.selected = selectionContent(this);
    this.parts.panel.replaceChildren(headContent(this), ...tools(false), groupContent(this), aboutContent(this), ...tools(true), el('div', { className: 'fs-sticky' }, this.selected, this.tabs), this.body);
    this.showBody();
    this.showLegend();
    this.showCard();
    if (focus && byId(focus)) byId(focus).focus();
  }

  showBody() {
    const { content } = PARTS.tabs.find((one) => one.id === this.tab);
    this.body.setAttribute('aria-labelledby', 'fs-tab-' + this.tab);
    this.body.replaceChildren(el('h2', { className: 'fs-hidden' }, this.words.t('tab.' + this.tab)), content(this));
  }

  showLegend() {
    this.parts.legend.replaceChildren(legendContent(this, this.counts));
  }

  show(tab) {
    this.tab = tab;
    const tabs = tabsContent(this);
    this.tabs.replaceWith(tabs);
    this.tabs = tabs;
    this.showBody();
    const { panel } = this.parts;
    const above = this.body.getBoundingClientRect().top - panel.getBoundingClientRect().top - tabs.parentNode.offsetHeight;
    // the new part starts at its beginning, and where the head leaves it little room, at the top
    if (!narrow() && (above < 0 || above > panel.clientHeight * 0.35)) panel.scrollTop += above - 6;
    this.tell('tab');
  }

  // Polygons of another part on the map; see Stack.
  overlay(name, polygons, style, options) {
    return this.stack.overlay(name, polygons, style, options);
  }

  // Signs of another part at points: [{x, y, sign, colour, open}], places in units of the map; see PointLayer.
  signs(name, items) {
    this.points.put(name, items);
  }

  openProject(project) {
    this.layer.selected = -1;
    this.place = { kind: 'project', project, site_id: null, candidate_id: null, inside: true, reason: 'project', excluded: [], x: project.at[0], y: project.at[1] };
    this.opened();
  }

  // Tell every part that something changed.
  tell(what) {
    for (const told of PARTS.watch) told(this, what);
  }

  select(id) {
    const place = this.sites.profiles.findIndex((profile) => profile.id === id);
    if (place < 0) throw new RangeError('flexsite: no profile ' + id);
    this.sites.current = place;
    this.page = 0;
    this.again();
    this.tell('profile');
  }

  placeOf(i) {
    const [x, y] = this.sites.centre(i);
    const study = this.sites.backward.at(x, y);
    return { ...this.sites.describe(i), x: study ? study[0] : null, y: study ? study[1] : null };
  }

  click(event) {
    if (this.grab && this.grab(event)) return; // somebody draws
    const at = this.map.project(event.latlng, BITS - 8);
    const study = this.sites.backward.at(at.x, at.y);
    const sign = this.points.pick(at.x, at.y, this.map.getZoom());
    if (sign) {
      sign.open();
      return;
    }
    const i = this.layer.pick(at.x, at.y, this.map.getZoom());
    if (i >= 0) {
      this.pick(i, false);
      this.clear(event.latlng);
      return;
    }
    this.layer.selected = -1;
    this.place = this.sites.describePlace(at.x, at.y, study);
    this.opened();
    this.cross.setLatLng(event.latlng).addTo(this.map);
    this.clear(event.latlng);
  }

  // The card must not lie on what it is about.
  clear(latlng) {
    if (!narrow()) this.map.panInside(latlng, { paddingTopLeft: [30, 30], paddingBottomRight: [430, 30] });
  }

  pick(i, fly) {
    this.layer.selected = i;
    this.place = this.placeOf(i);
    this.opened();
    if (fly) {
      if (narrow()) this.map.getContainer().scrollIntoView({ block: 'start' });
      const { x0, y0, x1, y1 } = this.sites.polygons;
      const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
      this.frame([x0[i], y0[i], x1[i], y1[i]], { maxZoom: 16, animate: !still });
    }
  }

  opened() {
    this.cross.remove();
    this.layer.repaint();
    this.showCard();
    this.tell('place');
    for (const row of this.body.querySelectorAll('tr[data-site]')) {
      if (row.dataset.site === String(this.layer.selected)) row.setAttribute('aria-current', 'true');
      else row.removeAttribute('aria-current');
    }
  }

  showCard() {
    const { card } = this.parts;
    card.hidden = !this.place;
    if (!this.place) return;
    const close = el('button', { type: 'button', className: 'fs-close', 'aria-label': this.words.t('card.close'), onclick: () => this.close() }, '\u00d7');
    card.setAttribute('aria-live', 'polite');
    card.setAttribute('aria-label', cut(this.place.site_id || '') || this.words.t(this.place.project ? 'project.title' : 'why.title'));
    const more = [...PARTS.card].sort((a, b) => a.order - b.order).map((one) => one.content(this, this.place));
    card.replaceChildren(close, ...[...cardContent(this, this.place), ...more].filter(Boolean));
    card.scrollTop = 0;
  }

  close() {
    this.place = null;
    this.layer.selected = -1;
    this.opened();
  }
}

Object.assign(App.prototype, Steering, Comparing, WhatIf);

function narrow() {
  return window.matchMedia('(max-width: 820px)').matches;
}

function byId(id) {
  return document.getElementById(id);
}

function nextFrame() {
  return new Promise((done) => {
    const timer = setTimeout(done, 300); // a hidden tab gets no frames
    requestAnimationFrame(() => requestAnimationFrame(() => { clearTimeout(timer); done(); }));
  });
}

// What `load` has published as `window.flexsite`, completed: these may be called once `ready` is settled.
function publish(face) {
  let app = null;
  Object.assign(face, {
    select: (profile) => app.select(profile),
    weights(changes) {
      if (changes) app.weigh(changes);
      const profile = app.sites.profile;
      return Object.fromEntries(profile ? profile.criteria.map((item, c) => [item.id, profile.weights[c]]) : []);
    },
    ranking() {
      const { order, rank, score } = app.sites.ranked;
      return Array.from(order, (i) => ({ site_id: app.sites.ids[i], score: score(i), rank: rank[i] }));
    },
    explain(x, y) {
      const at = app.sites.forward.at(x, y);
      if (!at) return { x, y, kind: 'none', site_id: null, candidate_id: null, inside: false, reason: 'outside', excluded: [], text: app.words.t('why.outside') };
      const found = app.sites.describePlace(at[0], at[1], [x, y]);
      return found.site_id === null ? { ...found, text: app.words.t('why.' + found.reason) } : found;
    },
    async begin(map, block) {
      const { meta, section } = openBlock(block);
      app = new App(map, meta, section);
      face.profiles.push(...app.sites.profiles.map((profile) => profile.id));
      if (app.layer._loading) await new Promise((done) => app.layer.once('load', done));
      app.tell('ready');
      await nextFrame();
      performance.mark('flexsite:ready');
      document.documentElement.dataset.flexsite = 'ready';
    },
  });
  for (const { name, call } of PARTS.face) face[name] = (...given) => call(app, ...given);
}

publish(window.flexsite);
