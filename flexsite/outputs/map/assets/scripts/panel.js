// The head of the panel beside the map: what this study is, for whom, what it found, and the tabs.

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

const FEW = 4; // names that are read at once

// Many names, behind their number.
function manyContent(words, key, names) {
  if (names.length <= FEW) return null;
  return el('details', { className: 'fs-note' }, el('summary', {}, words.t(key + '.many', { n: words.n(names.length, 0) })), el('p', {}, names.join(', ')));
}

// What suits the group in view, under the bounds that are set now.
function figuresContent(app) {
  const { words, sites } = app;
  const { profile } = sites;
  const total = sites.totals();
  const number = (value, label) => el('div', {}, el('b', {}, value), el('span', {}, label));
  const floor = profile && profile.floor_area ? words.t('head.floor', { m2: words.n(total.homes * profile.floor_area, 0) }) : '';
  return el('div', { className: 'fs-figures' },
    el('div', { className: 'fs-big', role: 'status' },
      number(words.n(total.sites, 0), words.t(words.noun + (total.sites === 1 ? '.one' : '.many'))),
      number(words.n(total.ha, total.ha < 10 ? 1 : 0), words.t('head.ha')),
      profile ? number(words.n(total.homes, 0), words.t('head.homes')) : null),
    profile ? el('p', { className: 'fs-for' }, words.t('head.for', { profile: words.label(profile.label) }) + floor) : null,
    boundsNote(app));
}

// The group comes first: every number below it is about that group.
function groupContent(app) {
  const { words, sites } = app;
  const choice = el('select', { id: 'fs-profile', onchange: (event) => app.select(event.target.value) },
    sites.profiles.map((profile, p) => el('option', { value: profile.id, selected: p === sites.current }, words.label(profile.label))));
  app.figures = figuresContent(app);
  return el('section', { className: 'fs-group' },
    sites.profiles.length ? [el('label', { for: 'fs-profile' }, words.t('head.profile')), choice] : el('p', { className: 'fs-empty' }, words.t('empty.profiles')),
    app.figures);
}

// What the figures rest on; beside a narrow map it stands below the map, so that the map comes first.
function aboutContent(app) {
  const { words, sites, meta } = app;
  const [assumed, numbers] = meta.assumptions;
  const complete = meta.assumed_complete.map((id) => id.replace(/_/g, ' '));
  const untested = [...sites.untested].map((id) => ruleName(words, sites.rule(id)));
  const few = (key, names) => (names.length && names.length <= FEW ? words.t(key, { names: names.join(', ') }) : null);
  const small = [
    sites.profile ? words.t('head.available', { n: words.n(sites.n, 0), ha: words.n(sites.totals().allHa, 0) }) : null,
    numbers ? words.t('head.assumptions', { n: words.n(assumed, 0), m: words.n(numbers, 0) }) : null,
    few('head.complete', complete), few('head.untested', untested),
  ];
  return el('section', { className: 'fs-about', 'aria-label': words.t('head.about') },
    el('p', { className: 'fs-note' }, small.filter(Boolean).join(' ')),
    manyContent(words, 'head.complete', complete), manyContent(words, 'head.untested', untested),
    el('p', { className: 'fs-desk' }, words.t('head.desk')),
    meta.warnings.length ? el('details', { className: 'fs-warn' }, el('summary', {}, words.t('head.warnings', { n: words.n(meta.warnings.length, 0) })),
      el('ul', {}, meta.warnings.map((text) => el('li', {}, text)))) : null);
}

function tabsContent(app) {
  const { words } = app;
  const tabs = PARTS.tabs.map((one) => one.id);
  const move = (event) => {
    const at = tabs.indexOf(app.tab);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length];
    app.show(next);
    document.getElementById('fs-tab-' + next).focus();
  };
  return el('div', { className: 'fs-tabs', role: 'tablist', 'aria-label': words.t('tabs'), onkeydown: move }, tabs.map((tab) =>
    el('button', { type: 'button', role: 'tab', id: 'fs-tab-' + tab, 'aria-controls': 'fs-body', tabindex: tab === app.tab ? '0' : '-1',
      'aria-selected': tab === app.tab ? 'true' : 'false', onclick: () => app.show(tab) }, words.t('tab.' + tab))));
}
