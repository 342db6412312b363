// The tab of layers: what is drawn, how firmly, what it means and where it comes from; and the background from the network.

const COVERING = ['area', 'water', 'built', 'road', 'rail']; // hidden while a background lies below

class Background {
  constructor(app) {
    this.app = app;
    this.style = app.meta.background; // {url, name, credit, finest}
    this.on = false;
    this.state = 'off';
    app.stack.pane('fsBackground', 205);
    this.credit = el('div', { className: 'fs-credit' });
    app.map.getContainer().append(this.credit);
    this.credit.hidden = true;
  }

  show(on) {
    this.on = on;
    if (!this.tiles && on) {
      this.tiles = L.tileLayer(this.style.url, { pane: 'fsBackground', minZoom: 5, maxZoom: 21, maxNativeZoom: this.style.finest });
      this.tiles.on('tileload', () => this.became('shown'));
      this.tiles.on('tileerror', () => { if (this.state !== 'shown') this.became('failed'); });
    }
    if (on) this.tiles.addTo(this.app.map);
    else if (this.tiles) this.tiles.remove();
    this.became(on ? 'asked' : 'off');
  }

  // Our own context stays until the first tile is there, and without a network it stays at all.
  became(state) {
    if (this.state === state) return;
    this.state = state;
    const layer = this.app.stack.backdrop;
    for (const kind of COVERING) {
      const c = Object.keys(BACKDROP).indexOf(kind);
      const entry = this.app.stack.entries.find((one) => one.id === kind);
      if (state === 'shown' || (entry && !entry.on)) layer.hidden.add(c);
      else layer.hidden.delete(c);
    }
    layer.repaint();
    this.credit.hidden = state !== 'shown';
    this.credit.textContent = this.style.credit;
    this.app.tell('layers');
    if (this.app.tab === 'layers') this.app.showBody();
  }
}

function opacityField(app, entry) {
  const { words } = app;
  const id = 'fs-opacity-' + app.stack.entries.indexOf(entry);
  const set = (event) => {
    entry.show(true, Number(event.target.value) / 100);
    app.tell('layers');
  };
  return el('label', { className: 'fs-opacity', for: id }, el('span', {}, words.t('layers.opacity')),
    el('input', { type: 'range', id, min: '10', max: '100', step: '10', value: String(Math.round(entry.alpha * 100)),
      'aria-label': words.t('layers.opacity_of', { layer: entry.label(words) }), oninput: set }));
}

// Where a layer comes from, in one line for each source.
function aboutLayer(app, entry) {
  const { words, sites } = app;
  const rule = entry.rule ? sites.rule(entry.rule) : null;
  const told = rule ? [[rule.basis, rule.source, rule.date]] : entry.facts.map((one) => [one.source, one.date]);
  const lines = told.map((parts) => parts.filter(Boolean).map((part) => words.date(part)).join(' \u00b7 ')).filter(Boolean);
  return [...new Set(lines)].map((text) => el('p', { className: 'fs-note' }, text));
}

function layerItem(app, entry) {
  const { words, sites } = app;
  const id = 'fs-layer-' + app.stack.entries.indexOf(entry);
  const toggle = (event) => {
    entry.show(event.target.checked);
    app.tell('layers');
    app.showLegend();
    app.showBody();
    byId(id).focus();
  };
  const rule = entry.rule ? sites.rule(entry.rule) : null;
  const kind = rule ? [rule.effect && words.word('effect', rule.effect), rule.hardness && words.word('class', rule.hardness)].filter(Boolean).join(', ') : '';
  const ha = entry.ha ? words.t('rules.ground', { ha: words.n(entry.ha, entry.ha < 10 ? 2 : 0) }) : '';
  const about = [kind, ha].filter(Boolean).join(' \u00b7 ');
  return el('li', {},
    el('label', { for: id }, el('input', { type: 'checkbox', id, checked: entry.on, onchange: toggle }), entry.swatch(),
      el('span', { className: 'fs-layer' }, entry.label(words), about ? el('small', {}, about) : null)),
    entry.on && entry.layer ? opacityField(app, entry) : null, aboutLayer(app, entry));
}

// Rules without ground on the map: marks, routes, what is not tested, what took nothing.
function otherRules(app) {
  const { words, sites, meta } = app;
  const drawn = new Set(app.stack.entries.map((entry) => entry.rule));
  const rest = [...new Set([...meta.rules.map((rule) => rule.id), ...(sites.excluded ? sites.excluded.order : [])])].filter((id) => !drawn.has(id));
  if (!rest.length) return null;
  return el('details', { className: 'fs-more' }, el('summary', {}, words.t('layers.rest', { n: words.n(rest.length, 0) })),
    el('ul', { className: 'fs-rules' }, rest.map((id) => ruleItem(words, sites.rule(id)))));
}

function backgroundContent(app) {
  const { words, background } = app;
  if (!background) return null;
  const { style, state } = background;
  const note = state === 'failed' ? words.t('background.failed') : state === 'shown' ? style.credit : words.t('background.note');
  return section(words.t('layers.background'),
    el('ul', { className: 'fs-layerlist' }, el('li', {}, el('label', { for: 'fs-background' },
      el('input', { type: 'checkbox', id: 'fs-background', checked: background.on, onchange: (event) => { background.show(event.target.checked); byId('fs-background').focus(); } }),
      el('span', { className: 'fs-layer' }, style.name)),
    el('p', { className: 'fs-note', role: 'status' }, note))));
}

function projectsList(app) {
  const { words, meta } = app;
  const projects = meta.projects || [];
  if (!projects.length) return null;
  const open = (project) => {
    app.openProject(project);
    app.map.setView(app.toLatLng(project.x, project.y), Math.max(13, app.map.getZoom()), { animate: false });
  };
  return el('details', { className: 'fs-more' }, el('summary', {}, words.t('layers.projectlist', { n: words.n(projects.length, 0) })),
    el('ul', { className: 'fs-rules' }, projects.map((project) => el('li', {},
      el('button', { type: 'button', className: 'fs-pick', onclick: () => open(project) }, project.name || words.t('project.title')),
      el('small', {}, projectFacts(words, project).map(([name, value]) => name + ': ' + value).join(' \u00b7 '))))));
}

function projectFacts(words, project) {
  return [
    project.homes === null ? null : [words.t('card.homes'), words.n(project.homes, 0)],
    project.year ? [words.t('project.year'), project.year] : null,
    project.status ? [words.t('project.status'), project.status] : null,
  ].filter(Boolean);
}

function projectContent(words, place) {
  const { project } = place;
  return [
    el('h2', {}, project.name || words.t('project.title')), coordinates(words, place),
    el('p', {}, words.t('project.about')), rows(projectFacts(words, project)),
  ];
}

function layersContent(app) {
  const { words, sites, meta, stack } = app;
  const group = (id, ...more) => {
    const own = stack.entries.filter((entry) => entry.group === id);
    const items = own.length ? el('ul', { className: 'fs-layerlist' }, own.map((entry) => layerItem(app, entry))) : null;
    return items || more.some(Boolean) ? section(words.t('layers.group.' + id), ...more.slice(0, 1), items, ...more.slice(1)) : null;
  };
  const ground = sites.excluded;
  const about = ground ? words.t('rules.intro') + ' ' + words.t('rules.simplified', { metres: words.n(ground.tolerance + 0.5, 0) })
    : meta.rules.length ? words.t('empty.excluded') : words.t('empty.rules');
  return el('div', { className: 'fs-layertab' },
    group('results', null, projectsList(app)),
    group('rules', el('p', { className: 'fs-note' }, about), otherRules(app)),
    group('access'),
    group('context', stack.entries.some((entry) => entry.group === 'context') ? null : el('p', { className: 'fs-note' }, words.t('layers.nocontext'))),
    backgroundContent(app));
}

// What a link keeps: layers that differ from how they stood at first, `id` for on, `-id` for off, and `:50` for half opacity.
function layersKept(app) {
  const changed = app.stack.entries.filter((entry) => entry.on !== entry.first || entry.alpha !== 1)
    .map((entry) => (entry.on ? '' : '-') + encodeURIComponent(entry.id) + (entry.alpha === 1 ? '' : '~' + Math.round(entry.alpha * 100)));
  return changed.length ? changed.join(',') : null;
}

function layersFrom(app, text) {
  for (const part of String(text || '').split(',').filter(Boolean)) {
    const [, off, id, percent] = /^(-?)([^~]*)(?:~(\d+))?$/.exec(part) || [];
    const entry = app.stack.entries.find((one) => encodeURIComponent(one.id) === id);
    if (entry) entry.show(!off, percent ? Math.max(0.1, Math.min(1, Number(percent) / 100)) : 1);
  }
  app.showLegend();
}

part('tabs', { id: 'layers', content: layersContent });
part('kept', { key: 'layers', read: layersKept, write: layersFrom });
