// Up to three sites side by side.

const MOST_COMPARED = 3;
const LETTERS = ['A', 'B', 'C'];

const Comparing = {
  // Take a site into the comparison, or out of it; says whether it is in now.
  compare(i) {
    const at = this.compared.indexOf(i);
    if (at >= 0) this.compared.splice(at, 1);
    else if (this.compared.length >= MOST_COMPARED) return false;
    else this.compared.push(i);
    if (this.compared.length === 2 && at < 0) this.comparing = true;
    this.showCompared();
    this.tell('compare');
    return at < 0;
  },

  compareAll(ids) {
    const places = ids.map((id) => {
      if (!this.sites.byId.has(id)) throw new RangeError('flexsite: no site ' + id);
      return this.sites.byId.get(id);
    });
    this.compared = [...new Set(places)].slice(0, MOST_COMPARED);
    this.comparing = this.compared.length > 1;
    this.showCompared();
    this.tell('compare');
  },

  // The panel, the letters on the map and the buttons that take a site in.
  showCompared() {
    const focus = document.activeElement && document.activeElement.id;
    if (!this.parts.compare) {
      this.parts.compare = el('section', { id: 'fs-compare', hidden: true });
      this.parts.card.after(this.parts.compare);
    }
    const { compare } = this.parts;
    compare.hidden = !this.compared.length;
    compare.setAttribute('aria-label', this.words.t('compare.title'));
    compare.replaceChildren(...compareContent(this).filter(Boolean));
    for (const letter of this.letters) letter.remove();
    this.letters = this.compared.map((i, k) => {
      const [x, y] = this.sites.centre(i);
      const icon = L.divIcon({ className: 'fs-letter', html: el('span', { 'aria-hidden': 'true' }, LETTERS[k]), iconSize: [22, 22] });
      return L.marker(this.toLatLng(x, y), { icon, interactive: false, keyboard: false }).addTo(this.map);
    });
    for (const button of document.querySelectorAll('[data-compare]')) dressCompare(this, button);
    if (focus && byId(focus) && document.activeElement.id !== focus) byId(focus).focus({ preventScroll: true });
  },
};

function dressCompare(app, button) {
  const { words } = app;
  const on = app.compared.includes(Number(button.dataset.compare));
  button.setAttribute('aria-pressed', on ? 'true' : 'false');
  button.disabled = !on && app.compared.length >= MOST_COMPARED;
  button.title = button.disabled ? words.t('compare.full') : '';
  button.textContent = button.dataset.words ? words.t(on ? 'compare.out' : 'compare.in') : on ? '\u2713' : '+';
}

// A button that takes a site in or out. In rows of a list it is a sign, and its name says the rest.
function compareButton(app, i, name) {
  const button = el('button', { type: 'button', className: 'fs-comparing', 'data-compare': String(i), 'data-words': name ? null : 'yes',
    'aria-label': name ? app.words.t('compare.site', { site_id: name }) : null, onclick: () => app.compare(i) });
  dressCompare(app, button);
  return button;
}

// Rows of the table: {label, cells: [{text, value, note}], better: 1 more, -1 less}.
function compareRows(app, found) {
  const { words, sites } = app;
  const { profile } = sites;
  const none = '\u2013';
  const each = (label, cell, better) => ({ label, better: better || 0, cells: found.map(cell) });
  const plain = (text) => ({ text: text === null || text === undefined || text === '' ? none : text });
  const rowsOf = [
    profile && each(words.t('list.rank'), (site) => (site.suitable ? { text: words.n(site.rank, 0), value: site.rank } : { text: words.t('card.unsuitable') }), -1),
    profile && each(words.t('card.score'), (site) => (site.suitable ? { text: words.n(site.score, 1), value: site.score } : { text: none }), 1),
    profile && each(words.t('card.homes'), (site) => ({ text: words.n(site.homes, 0), value: site.homes }), 1),
    each(words.t('head.ha'), (site) => ({ text: words.n(site.area_m2 / 1e4, 2), value: site.area_m2 }), 1),
    each(words.t('card.net_years'), (site) => (site.net_years === null ? { text: words.t('card.open'), value: Infinity } : { text: words.n(site.net_years, 1), value: site.net_years }), 1),
    each(words.t('card.until'), (site) => plain(site.available_until ? words.date(site.available_until) : words.t('card.open'))),
    each(words.t('card.route'), (site) => plain(site.route && words.word('route', site.route))),
    ...sites.columns.filter((item) => item.value).map((item) => each(words.label(item.label), (site) => {
      const value = site.columns[item.name];
      return plain(value === null || value === '' ? null : columnText(words, item, value));
    })),
    ...(profile ? profile.criteria.map((info, c) => each(words.label(info.label), (site) => {
      const item = site.criteria[c];
      return { text: words.n(item.value, 0), value: item.value, bar: item.value, note: item.missing ? words.t('card.missing') : valueText(words, null, item.measure, info.unit) };
    }, 1)) : []),
    ...(profile ? [each(words.t('card.failed'), (site) => plain(site.failed.map((id) => failedText(words, profile, id)).join('; ')))] : []),
    sites.profiles.length > 1 && each(words.t('groups.title'), (site) => ({ text: words.t('groups.count', { n: words.n(site.groups.filter((one) => one.suitable).length, 0), m: words.n(site.groups.length, 0) }) })),
    each(words.t('card.marks'), (site) => plain(site.marks.map((rule) => (rule.id === 'no_access' ? words.t('card.no_access') : ruleName(words, rule))).join('; '))),
    each(words.t('card.unknown'), (site) => plain(site.unknown.map((rule) => ruleName(words, rule)).join('; '))),
  ];
  return rowsOf.filter(Boolean);
}

// The cells that are best, where they differ.
function bestOf({ cells, better }) {
  const values = cells.map((cell) => cell.value).filter((value) => value !== undefined && value !== null);
  if (!better || values.length < 2 || values.every((value) => value === values[0])) return cells.map(() => false);
  const best = better > 0 ? Math.max(...values) : Math.min(...values);
  return cells.map((cell) => cell.value === best);
}

function compareContent(app) {
  const { words, sites, compared } = app;
  if (!compared.length) return [];
  const fold = () => {
    app.comparing = !app.comparing;
    app.showCompared();
  };
  const head = el('div', { className: 'fs-compare-head' },
    el('h2', {}, words.t('compare.title')),
    el('span', {}, compared.length < 2 ? words.t('compare.more') : words.t('compare.count', { n: words.n(compared.length, 0), most: words.n(MOST_COMPARED, 0) })),
    compared.length > 1 ? el('button', { type: 'button', id: 'fs-compare-fold', 'aria-expanded': app.comparing ? 'true' : 'false', onclick: fold }, words.t(app.comparing ? 'compare.fold' : 'compare.unfold')) : null,
    el('button', { type: 'button', id: 'fs-compare-done', onclick: () => app.compareAll([]) }, words.t('compare.done')));
  const name = (i, k) => [el('span', { className: 'fs-letter', 'aria-hidden': 'true' }, LETTERS[k]), ' ',
    el('button', { type: 'button', className: 'fs-pick', onclick: () => app.pick(i, true) }, sites.ids[i]),
    el('button', { type: 'button', className: 'fs-out', 'aria-label': words.t('compare.remove', { site_id: sites.ids[i] }), onclick: () => app.compare(i) }, '\u00d7')];
  if (compared.length < 2 || !app.comparing) return [head, el('p', { className: 'fs-compared' }, compared.map((i, k) => el('span', {}, name(i, k))))];
  const found = compared.map((i) => sites.describe(i));
  const cell = (one, best) => {
    const bar = one.bar === undefined ? null : el('span', { className: 'fs-bar', 'aria-hidden': 'true' }, el('i', {}));
    if (bar) bar.firstChild.style.width = one.bar + '%';
    return el('td', { className: best ? 'fs-best' : null }, bar, one.text, best ? el('span', { className: 'fs-pill' }, words.t('compare.best')) : null, one.note ? el('small', {}, one.note) : null);
  };
  const body = compareRows(app, found).map((row) => {
    const best = bestOf(row);
    return el('tr', {}, el('th', { scope: 'row' }, row.label), row.cells.map((one, k) => cell(one, best[k])));
  });
  return [head, el('div', { className: 'fs-wide', tabindex: '0', role: 'group', 'aria-label': words.t('compare.title') }, el('table', { className: 'fs-table fs-compare-table' },
    el('thead', {}, el('tr', {}, el('td', {}), compared.map((i, k) => el('th', { scope: 'col' }, name(i, k))))), el('tbody', {}, body)))];
}

part('watch', (app, what) => { if (['profile', 'weights', 'bounds', 'language'].includes(what) && app.compared.length) app.showCompared(); });
part('face', { name: 'compare', call(app, ids) {
  if (ids !== undefined) app.compareAll(ids);
  return app.compared.map((i) => app.sites.ids[i]);
} });
part('kept', { key: 'vs', read: (app) => (app.compared.length ? app.compared.map((i) => encodeURIComponent(app.sites.ids[i])).join(',') : null),
  write: (app, text) => app.compareAll(text.split(',').map(decodeURIComponent)) });
