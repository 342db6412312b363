// Fields for what a reader looks for: words, ranges, choices, and the bars per municipality.

const BARS = 6; // municipalities in view before "show all"

// A number as somebody types it in the language of the page; null is no number.
function typedNumber(words, text) {
  const [group, mark] = words.language === 'nl' ? ['.', ','] : [',', '.'];
  const plain = text.trim().replace(/\s/g, '');
  const grouped = plain.split(mark)[0].split(group);
  const whole = grouped.length > 1 && grouped.slice(1).every((part) => part.length === 3) ? plain.split(group).join('') : plain;
  const number = Number(whole.replace(',', '.'));
  return whole !== '' && Number.isFinite(number) ? number : null;
}

// A number as a field holds it.
function fieldNumber(words, value) {
  return value === null ? '' : words.language === 'nl' ? String(value).replace('.', ',') : String(value);
}

function searchContent(app) {
  const { words, selection } = app;
  return el('div', { className: 'fs-search' },
    el('label', { for: 'fs-search' }, words.t('find.search')),
    el('input', { type: 'search', id: 'fs-search', value: selection.text, maxlength: '200', autocomplete: 'off', spellcheck: 'false', placeholder: words.t('find.search.hint'),
      oninput: (event) => app.soon('search', () => app.filter({ text: event.target.value })) }));
}

function rangeField(app, key) {
  const { words, selection } = app;
  const field = (end) => el('input', { type: 'text', inputmode: 'decimal', id: 'fs-' + key + '-' + end, autocomplete: 'off',
    value: fieldNumber(words, selection.ranges[key][end]),
    'aria-label': words.t('find.' + key) + ', ' + words.t(end ? 'find.most' : 'find.least'), placeholder: words.t(end ? 'find.most' : 'find.least'),
    oninput: (event) => {
      const value = typedNumber(words, event.target.value);
      event.target.setAttribute('aria-invalid', value === null && event.target.value.trim() ? 'true' : 'false');
      const range = [...selection.ranges[key]];
      range[end] = value;
      app.soon('range' + key + end, () => app.filter({ [key]: range }));
    } });
  return el('div', { className: 'fs-range', role: 'group', 'aria-label': words.t('find.' + key) },
    el('span', {}, words.t('find.' + key)), field(0), el('span', { 'aria-hidden': 'true' }, '\u2013'), field(1));
}

// Values of a choice with a box each; none chosen is all.
function choiceField(app, key) {
  const { words, selection } = app;
  const subject = selection.subjects[key];
  if (!subject || subject.column.words.length < 2) return null;
  const { compare } = new Intl.Collator(words.locale, { numeric: true });
  const values = [...subject.column.words].sort((a, b) => compare(selection.word(key, a), selection.word(key, b)));
  const toggle = (value, on) => {
    const chosen = new Set(selection.choices[key] || []);
    if (on) chosen.add(value);
    else chosen.delete(value);
    app.filter({ [key]: [...chosen] });
  };
  return el('fieldset', {}, el('legend', {}, subject.label ? words.label(subject.label) : words.t('find.' + key)),
    el('div', { className: 'fs-boxes' }, values.map((value, k) => el('label', {},
      el('input', { type: 'checkbox', id: 'fs-' + key + '-' + k, 'data-key': key, 'data-value': value, checked: Boolean(selection.choices[key] && selection.choices[key].has(value)),
        onchange: (event) => toggle(value, event.target.checked) }), el('span', {}, selection.word(key, value))))));
}

function selectField(app, key, options, value, change) {
  const { words } = app;
  return el('div', { className: 'fs-range' }, el('label', { for: 'fs-find-' + key }, words.t('find.' + key)),
    el('select', { id: 'fs-find-' + key, onchange: (event) => change(event.target.value) },
      options.map((option) => el('option', { value: option, selected: option === value }, words.t('find.' + key + '.' + option)))));
}

function flagField(app, key) {
  const { selection } = app;
  const value = selection.flags[key];
  return selectField(app, key, ['any', 'with', 'without'], value === null ? 'any' : value ? 'with' : 'without',
    (chosen) => app.filter({ [key]: chosen === 'any' ? null : chosen === 'with' }));
}

function filtersContent(app) {
  const { words, sites, selection } = app;
  const profile = sites.profile;
  const open = app.filtersOpen === true;
  return el('details', { className: 'fs-filters', open, ontoggle: (event) => { app.filtersOpen = event.target.open; } },
    el('summary', {}, words.t('find.filters'), el('span', { className: 'fs-count', id: 'fs-conditions' })),
    el('div', { className: 'fs-fields' },
      profile ? selectField(app, 'suitable', WHICH, selection.which, (value) => app.filter({ suitable: value })) : null,
      profile ? rangeField(app, 'homes') : null, rangeField(app, 'area'), rangeField(app, 'years'),
      flagField(app, 'marks'), flagField(app, 'unknown'),
      selectField(app, 'verdict', ['any', ...JUDGED], selection.verdict || 'any', (value) => app.filter({ verdict: value === 'any' ? null : value })),
      ['route', 'owner', 'kind', 'context'].map((key) => choiceField(app, key)).filter(Boolean)));
}

function filtersUpdate(app, body) {
  const { conditions } = app.selection;
  const count = body.querySelector('#fs-conditions');
  if (count) count.textContent = conditions ? app.words.t('find.count', { n: app.words.n(conditions, 0) }) : '';
}

// Homes per municipality as bars, the others conditions met; a click chooses one.
function placesContent(app) {
  const { words, sites, selection } = app;
  const { places } = selection;
  const chosen = selection.choices.municipality;
  if (places.length < 2 && !chosen) return [];
  const size = (place) => (sites.profile ? place.homes : place.ha);
  const most = Math.max(...places.slice(0, 1).map(size), 1e-9);
  const some = app.placesOpen ? places : places.filter((place, k) => k < BARS || (chosen && chosen.has(place.word)));
  const bar = (place) => {
    const on = Boolean(chosen && chosen.has(place.word));
    const fill = el('i', {});
    fill.style.width = (100 * size(place)) / most + '%';
    const toggle = () => {
      const next = new Set(chosen || []);
      if (on) next.delete(place.word);
      else next.add(place.word);
      app.filter({ municipality: [...next] });
      const again = [...app.body.querySelectorAll('.fs-place')].find((one) => one.dataset.word === place.word);
      if (again) again.focus();
    };
    const told = sites.profile ? words.n(place.homes, 0) : words.n(place.ha, place.ha < 10 ? 1 : 0);
    const more = words.t('find.place.more', { sites: words.n(place.sites, 0), noun: words.t(words.noun + (place.sites === 1 ? '.one' : '.many')), ha: words.n(place.ha, 1) });
    return el('li', {}, el('button', { type: 'button', className: 'fs-place', 'data-word': place.word, title: more, 'aria-pressed': on ? 'true' : 'false', onclick: toggle },
      el('span', { className: 'fs-place-name' }, selection.word('municipality', place.word)), el('span', { className: 'fs-place-bar', 'aria-hidden': 'true' }, fill),
      el('span', { className: 'fs-n' }, told)));
  };
  const head = selection.subjects.municipality.label;
  const more = places.length > BARS ? el('button', { type: 'button', className: 'fs-more', 'aria-expanded': app.placesOpen ? 'true' : 'false', onclick: () => {
    app.placesOpen = !app.placesOpen;
    app.body.querySelector('.fs-places').replaceChildren(...placesContent(app));
    app.body.querySelector('.fs-more').focus();
  } }, words.t(app.placesOpen ? 'find.less' : 'find.more', { n: words.n(places.length, 0) })) : null;
  return [el('h2', { className: 'fs-h3' }, words.t(sites.profile ? 'find.per' : 'find.per.ha', { municipality: words.label(head).toLowerCase() })), el('ul', { className: 'fs-bars' }, some.map(bar)), more].filter(Boolean);
}

// What is selected, always in view.
function selectionContent(app) {
  const { words, sites, selection } = app;
  const { sums } = selection;
  const narrowed = selection.conditions || selection.text.trim();
  const parts = [
    words.n(sums.sites, 0) + ' ' + words.t(words.noun + (sums.sites === 1 ? '.one' : '.many')),
    words.n(sums.ha, sums.ha < 10 ? 1 : 0) + '\u00a0ha',
    sites.profile ? words.n(sums.homes, 0) + ' ' + words.t('head.homes') : null,
  ];
  return el('div', { className: 'fs-selection', id: 'fs-selection' },
    el('p', { role: 'status' }, el('span', {}, words.t(narrowed ? 'find.selection' : 'find.all') + ' '), el('b', {}, parts.filter(Boolean).join(' \u00b7 '))),
    narrowed ? el('button', { type: 'button', id: 'fs-clear', onclick: () => app.clearFilter() }, words.t('find.clear')) : null);
}

// In a permalink: homes~40~,route~allowed~check; every word escaped.
function readFilters(app) {
  const escaped = (text) => encodeURIComponent(text).replace(/[~!'()*]/g, (one) => '%' + one.charCodeAt(0).toString(16));
  const told = Object.entries(app.selection.told).map(([key, value]) =>
    [key, ...(Array.isArray(value) ? value : [value])].map((one) => (one === null ? '' : escaped(String(one)))).join('~'));
  return told.length ? told.join(',') : null;
}

function writeFilters(app, text) {
  const changes = {};
  for (const one of text.split(',')) {
    const [key, ...values] = one.split('~').map(decodeURIComponent);
    if (RANGES.includes(key)) changes[key] = values.map((value) => (value === '' ? null : Number(value)));
    else if (CHOICES.includes(key)) changes[key] = values;
    else if (FLAGS.includes(key) && ['true', 'false'].includes(values[0])) changes[key] = values[0] === 'true';
    else if (['text', 'suitable', 'verdict'].includes(key) && values.length === 1) changes[key] = values[0];
    else throw new RangeError(key);
  }
  app.selection.clear();
  app.filter(changes);
}

part('watch', (app, what) => { if (what === 'verdicts' && app.selection.verdict) app.changed('filter'); });
part('kept', { key: 'f', read: readFilters, write: writeFilters });
part('face', { name: 'filter', call(app, changes) {
  if (changes === null) app.clearFilter();
  else if (changes) app.filter(changes);
  return app.selection.told;
} });
part('face', { name: 'selection', call: (app) => Array.from(app.selection.listed, (i) => app.sites.ids[i]) });
