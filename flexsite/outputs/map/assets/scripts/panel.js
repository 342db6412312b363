// The panel beside the map: what this study is, for whom, and the ranked list.

const PAGE = 50;

function stamp(words, meta) {
  return el('span', { className: 'fs-stamp fs-' + (meta.audience === 'public' ? 'public' : 'internal') }, words.word('audience', meta.audience));
}

function headContent(app) {
  const { words, meta } = app;
  const facts = [
    meta.date && words.t('head.date', { date: words.date(meta.date) }),
    words.t('head.term', { term: words.n(meta.term) }),
    meta.strictness && words.t('head.strictness', { strictness: words.word('class', meta.strictness) }),
  ];
  const other = el('button', { type: 'button', className: 'fs-language', lang: words.language === 'nl' ? 'en' : 'nl',
    title: words.t('language.switch'), onclick: () => app.speak(words.language === 'nl' ? 'en' : 'nl') }, words.t('language.other'));
  return el('header', { className: 'fs-head' },
    el('div', { className: 'fs-top' }, stamp(words, meta), other),
    el('h1', {}, meta.title),
    el('p', { className: 'fs-study' }, facts.filter(Boolean).join(' \u00b7 ')));
}

// The group comes first: every number below it is about that group.
function groupContent(app) {
  const { words, sites, meta } = app;
  const total = sites.totals();
  const choice = el('select', { id: 'fs-profile', onchange: (event) => app.select(event.target.value) },
    sites.profiles.map((profile, p) => el('option', { value: profile.id, selected: p === sites.current }, words.label(profile.label))));
  const number = (value, label) => el('div', {}, el('b', {}, value), el('span', {}, label));
  const [assumed, numbers] = meta.assumptions;
  const small = [
    sites.profile ? words.t('head.available', { n: words.n(sites.n, 0), ha: words.n(total.allHa, 0) }) : null,
    numbers ? words.t('head.assumptions', { n: words.n(assumed, 0), m: words.n(numbers, 0) }) : null,
    meta.assumed_complete.length ? words.t('head.complete', { layers: meta.assumed_complete.join(', ') }) : null,
  ];
  return el('section', { className: 'fs-group' },
    sites.profiles.length ? [el('label', { for: 'fs-profile' }, words.t('head.profile')), choice] : el('p', { className: 'fs-empty' }, words.t('empty.profiles')),
    el('div', { className: 'fs-big', role: 'status' },
      number(words.n(total.sites, 0), words.t(words.noun + (total.sites === 1 ? '.one' : '.many'))),
      number(words.n(total.ha, total.ha < 10 ? 1 : 0), words.t('head.ha')),
      sites.profile ? number(words.n(total.homes, 0), words.t('head.homes')) : null),
    sites.profile ? el('p', { className: 'fs-for' }, words.t('head.for', { profile: words.label(sites.profile.label) })) : null,
    el('p', { className: 'fs-note' }, small.filter(Boolean).join(' ')),
    el('p', { className: 'fs-desk' }, words.t('head.desk')),
    meta.warnings.length ? el('details', { className: 'fs-warn' }, el('summary', {}, words.t('head.warnings', { n: words.n(meta.warnings.length, 0) })),
      el('ul', {}, meta.warnings.map((text) => el('li', {}, text)))) : null);
}

function tabsContent(app) {
  const { words } = app;
  const tabs = PARTS.tabs.map((one) => one.id);
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(app.tab) + step + tabs.length) % tabs.length];
    app.show(next);
    document.getElementById('fs-tab-' + next).focus();
  };
  return el('div', { className: 'fs-tabs', role: 'tablist', 'aria-label': words.t('tabs'), onkeydown: move }, tabs.map((tab) =>
    el('button', { type: 'button', role: 'tab', id: 'fs-tab-' + tab, 'aria-controls': 'fs-body', tabindex: tab === app.tab ? '0' : '-1',
      'aria-selected': tab === app.tab ? 'true' : 'false', onclick: () => app.show(tab) }, words.t('tab.' + tab))));
}

// The joined columns that the list shows: the municipality and the owner when the study has them.
function listColumns(sites) {
  const find = (...names) => sites.columns.find((item) => item.value && names.includes(item.name));
  return [find('municipality', 'gemeente'), find('owner', 'owner_class', 'eigenaar')].filter(Boolean);
}

function listRow(app, i, columns) {
  const { words, sites } = app;
  const { rank, score } = sites.ranked;
  const profile = sites.profile;
  const years = sites.fact('net_years', i);
  const route = sites.fact('route', i);
  const about = [...columns.map((item) => item.value.at(i)), route ? words.word('route', route) : ''].filter(Boolean).join(' \u00b7 ');
  const swatch = el('i', { className: 'fs-swatch', 'aria-hidden': 'true' });
  swatch.style.background = STYLES[app.layer.classes[i]].fill;
  return el('tr', { 'data-site': String(i), 'aria-current': i === app.layer.selected ? 'true' : null },
    profile ? el('td', { className: 'fs-n fs-rank' }, swatch, words.n(rank[i], 0)) : null,
    el('td', {}, el('button', { type: 'button', className: 'fs-pick', onclick: () => app.pick(i, true) }, sites.ids[i]),
      about ? el('small', {}, about) : null),
    profile ? el('td', { className: 'fs-n' }, words.n(score(i), 1)) : null,
    profile ? el('td', { className: 'fs-n' }, words.n(profile.homes[i], 0)) : el('td', { className: 'fs-n' }, words.n(sites.areas[i] / 1e4, 2)),
    el('td', { className: 'fs-n' }, years === null ? '\u2013' : words.n(years, 1)));
}

function listContent(app) {
  const { words, sites } = app;
  const profile = sites.profile;
  const order = profile ? sites.ranked.order : Uint32Array.from({ length: sites.n }, (_, i) => i);
  if (!sites.n) return el('p', { className: 'fs-empty' }, words.t('empty.sites'));
  if (!order.length) return el('p', { className: 'fs-empty' }, words.t('empty.profile', { profile: words.label(profile.label) }));
  const pages = Math.ceil(order.length / PAGE);
  app.page = Math.max(0, Math.min(app.page, pages - 1));
  const from = app.page * PAGE;
  const to = Math.min(order.length, from + PAGE);
  const columns = listColumns(sites);
  const turn = (step, key) => el('button', { type: 'button', disabled: app.page + step < 0 || app.page + step >= pages,
    onclick: () => { app.page += step; app.showBody(); document.getElementById('fs-body').scrollIntoView({ block: 'nearest' }); } }, words.t(key));
  const th = (key, numeric) => el('th', { scope: 'col', className: numeric ? 'fs-n' : null }, words.t(key));
  const siteHead = [words.t(words.noun === 'cells' ? 'list.cell' : 'list.site'), ...columns.map((item) => words.label(item.label)),
    sites.facts.route ? words.t('list.route') : ''].filter(Boolean).join(' \u00b7 ');
  const head = [
    profile ? th('list.rank', true) : null, el('th', { scope: 'col', className: 'fs-main' }, siteHead),
    profile ? th('list.score', true) : null, profile ? th('list.homes', true) : th('waterfall.ha', true), th('list.years', true),
  ];
  const changed = profile && profile.criteria.some((item, c) => item.weight !== profile.weights[c]);
  return el('div', {},
    changed ? el('p', { className: 'fs-desk' }, words.t('list.reweighted'), ' ',
      el('button', { type: 'button', onclick: () => app.weigh(Object.fromEntries(profile.criteria.map((item) => [item.id, item.weight]))) }, words.t('list.reset'))) : null,
    el('p', { className: 'fs-note' }, words.t('list.hint')),
    el('table', { className: 'fs-table fs-list' }, el('thead', {}, el('tr', {}, head)),
      el('tbody', {}, Array.from(order.subarray(from, to), (i) => listRow(app, i, columns)))),
    el('nav', { className: 'fs-pages', 'aria-label': words.t('tab.list') }, turn(-1, 'list.previous'),
      el('span', {}, words.t('list.page', { from: words.n(from + 1, 0), to: words.n(to, 0), n: words.n(order.length, 0) })), turn(1, 'list.next')));
}

part('tabs', { id: 'list', content: listContent });
