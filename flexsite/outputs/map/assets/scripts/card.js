// The card of a place: a site with all its values, or the reasons why there is none.

function rows(pairs) {
  return el('dl', { className: 'fs-facts' }, ...pairs.filter(Boolean).map(([name, value, note]) =>
    el('div', {}, el('dt', {}, name), el('dd', {}, value, note ? el('small', {}, ' ' + note) : null))));
}

function unitOf(words, unit) {
  return unit ? '\u00a0' + unit : '';
}

// A measure's value with its unit; texts as they are.
function valueText(words, column, value, unit) {
  if (value === null || value === '') return words.t('card.nodata');
  return typeof value === 'number' ? words.n(value, Number.isInteger(value) ? 0 : undefined) + unitOf(words, unit) : String(value);
}

// A value of a column of the sites; where a site lies has words of the page's own.
function columnText(words, item, value) {
  return item.name === 'context' && value ? words.word('context', value) : valueText(words, null, value, '');
}

// A rule with what it rests on, and what else is told of it as [name, value].
function ruleItem(words, rule, told) {
  const facts = [
    ...(told || []),
    rule.basis && [words.t('rules.basis'), rule.basis],
    rule.source && [words.t('rules.source'), rule.source],
    rule.date && [words.t('rules.date'), words.date(rule.date)],
  ];
  const kind = [rule.effect && words.word('effect', rule.effect), rule.hardness && words.word('class', rule.hardness)];
  return el('li', {}, el('strong', {}, ruleName(words, rule)),
    el('span', { className: 'fs-kind' }, ' ', kind.filter(Boolean).join(', ')), rows(facts));
}

function stepName(words, id) {
  const key = 'step.' + id;
  return key in words.strings[words.language] ? words.t(key) : id.replace(/_/g, ' ');
}

function ruleName(words, rule) {
  return words.label(rule.label) || stepName(words, rule.id);
}

// A failed requirement in words.
function failedText(words, profile, id) {
  const unknown = id.startsWith('unknown:');
  const bare = unknown ? id.slice(8) : id;
  const own = profile.texts.get(bare);
  const text = own ? words.label(own) : stepName(words, bare);
  return unknown ? words.t('card.unknown_requirement', { text }) : text;
}

function scoreTable(words, profile, site) {
  const body = site.criteria.flatMap((item, c) => {
    const info = profile.criteria[c];
    const bar = el('span', { className: 'fs-bar', 'aria-hidden': 'true' }, el('i', {}));
    bar.firstChild.style.width = item.value + '%';
    const raw = item.missing ? words.t('card.missing') : valueText(words, null, item.measure, info.unit);
    const scale = words.t('card.scale', {
      worst: words.n(info.worst, Number.isInteger(info.worst) ? 0 : undefined) + unitOf(words, info.unit),
      best: words.n(info.best, Number.isInteger(info.best) ? 0 : undefined) + unitOf(words, info.unit),
    });
    return [
      el('tr', { className: 'fs-values' }, el('th', { scope: 'row' }, words.label(info.label)),
        el('td', { className: 'fs-n' }, bar, words.n(item.value, 0)), el('td', { className: 'fs-n' }, words.n(item.weight, 0)),
        el('td', { className: 'fs-n' }, words.n(item.points, 1))),
      el('tr', { className: 'fs-scale' }, el('td', { colspan: '4' }, raw + ' (' + scale + ')')),
    ];
  });
  const head = ['card.criterion', 'card.value', 'card.weight', 'card.points'].map((key, k) =>
    el('th', { scope: 'col', className: k ? 'fs-n' : null }, words.t(key)));
  const total = el('tr', {}, el('th', { scope: 'row', colspan: '2' }, words.t('card.total')),
    el('td', { className: 'fs-n' }, words.n(site.criteria.reduce((all, item) => all + item.weight, 0), 0)),
    el('td', { className: 'fs-n' }, words.n(site.score, 1)));
  return el('table', { className: 'fs-table fs-score' }, el('thead', {}, el('tr', {}, head)), el('tbody', {}, body), site.suitable ? el('tfoot', {}, total) : null);
}

function section(title, ...content) {
  return el('section', {}, el('h3', {}, title), ...content);
}

// Children of the card for what `describePlace` found.
function cardContent(app, place) {
  if (place.project) return projectContent(app.words, place);
  return place.site_id === null ? whyContent(app, place) : siteContent(app, place);
}

function coordinates(words, place) {
  if (place.x === null || place.x === undefined) return null;
  return el('p', { className: 'fs-at' }, words.t('why.at', { x: words.n(place.x, 0), y: words.n(place.y, 0) }));
}

const OF_OWNER = ['owner_class', 'owner', 'eigenaar', 'right', 'price_class'];
const OF_WINDOW = ['lead_months', 'moves', 'bridging'];

// Everything joined to the sites, as [name, row]: owners, windows and the rest.
function factRows(words, sites, site) {
  const found = sites.columns.filter((item) => item.value).map((item) => {
    const share = site.columns[item.name + '_share'];
    const value = site.columns[item.name];
    return [item.name, [words.label(item.label), value === null || value === '' ? words.t('card.empty') : columnText(words, item, value),
      share > 0 && share < 0.995 ? words.t('card.share', { share: words.percent(share) }) : null]];
  });
  for (const { name, label, value } of site.kind_facts) {
    if (value !== null && value !== '') found.push([name, [words.label(label), valueText(words, null, value, '')]]);
  }
  return found;
}

function windowSection(words, site, facts) {
  const years = site.net_years === null ? words.t('card.open')
    : words.n(site.net_years, 1) + ' ' + words.t('unit.year.' + (site.net_years === 1 ? 'one' : 'many'));
  const until = site.available_until;
  return section(words.t('card.window'), timeBar(words, site.window), rows([
    site.available_from && [words.t('card.from'), words.date(site.available_from)],
    [words.t('card.until'), until ? words.date(until) : words.t('card.open')],
    [words.t('card.net_years'), years],
    site.mark_until && [words.t('card.mark_until'), words.date(site.mark_until)],
    ...facts,
  ]));
}

function siteHead(app, site) {
  const { words, sites } = app;
  const { profile } = sites;
  const status = !profile ? words.t('card.available') : site.suitable
    ? words.t('card.rank', { rank: words.n(site.rank, 0), n: words.n(sites.ranked.order.length, 0) }) : words.t('card.unsuitable');
  const number = (value, label) => el('div', {}, el('b', {}, value), el('span', {}, label));
  return [
    el('h2', {}, site.site_id),
    el('p', { className: 'fs-status' },
      el('span', { className: 'fs-pill' + (profile && !site.suitable ? ' fs-no' : '') }, status),
      profile ? ' ' + words.t('card.for', { profile: words.label(profile.label) }) : null),
    compareButton(app, sites.byId.get(site.site_id)),
    el('div', { className: 'fs-big' },
      profile ? number(words.n(site.homes, 0), words.t('card.homes')) : null,
      profile && site.suitable ? number(words.n(site.score, 1), words.t('card.score')) : null,
      number(site.area_m2 === null ? words.t('card.nodata') : words.n(site.area_m2 / 1e4, 2), words.t('head.ha'))),
    coordinates(words, site),
  ];
}

function siteContent(app, site) {
  const { words, sites } = app;
  const { profile } = sites;
  const failed = site.failed && site.failed.length
    ? section(words.t('card.failed'), el('ul', { className: 'fs-failed' }, site.failed.map((id) => el('li', {}, failedText(words, profile, id))))) : null;
  const main = rows([
    profile && [words.t('card.homes_fit'), words.n(site.homes_fit, 0)],
    [words.t('card.area'), site.area_m2 === null ? words.t('card.nodata') : words.n(site.area_m2, 0) + '\u00a0m\u00b2'],
    site.site_kind && [words.t('card.kind'), words.label((sites.meta.kinds || {})[site.site_kind] || {}) || site.site_kind],
    [words.t(words.noun === 'cells' ? 'card.candidate.cells' : 'card.candidate'), site.candidate_id],
  ]);
  const facts = factRows(words, sites, site);
  const of = (names) => names.flatMap((name) => facts.filter(([own]) => own === name).map(([, row]) => row));
  const owner = of(OF_OWNER);
  const other = facts.filter(([name]) => !OF_OWNER.includes(name) && !OF_WINDOW.includes(name)).map(([, row]) => row);
  const measures = sites.measures.filter((item) => item.value).map((item) =>
    [words.label(item.label), valueText(words, null, site.measures[item.column], item.unit)]);
  const known = (rules) => el('ul', { className: 'fs-rules' }, rules.map((rule) =>
    rule.id === 'no_access' ? el('li', {}, words.t('card.no_access')) : ruleItem(words, rule)));
  const unknown = site.unknown.filter((rule) => !sites.untested.has(rule.id));
  const untested = site.unknown.filter((rule) => sites.untested.has(rule.id));
  const access = site.access_score === null || site.access_score === undefined ? null
    : el('p', {}, words.t('card.access_score') + ': ' + words.n(site.access_score, 1));
  return [
    ...siteHead(app, site), failed, main,
    requirementsSection(words, profile, site),
    profile && profile.criteria.length ? section(words.t('card.score'), scoreTable(words, profile, site), access) : null,
    windowSection(words, site, of(OF_WINDOW)),
    owner.length ? section(words.t('card.owner'), rows(owner)) : null,
    routeSection(words, site),
    peopleSection(words, site),
    groupsSection(app, site),
    measures.length ? section(words.t('card.measures'), rows(measures)) : null,
    other.length ? section(words.t('card.facts'), rows(other)) : null,
    section(words.t('card.marks'), site.marks.length ? known(site.marks) : el('p', {}, words.t('card.none'))),
    section(words.t('card.unknown'), ...(unknown.length
      ? [el('p', {}, words.t('card.unknown_note')), known(unknown)] : [el('p', {}, words.t('card.none'))])),
    untested.length ? section(words.t('card.untested'), el('p', {}, words.t('card.untested_note')), known(untested)) : null,
    site.also && site.also.length ? section(words.t('card.overlaps'), el('p', {}, site.also.join(', '))) : null,
  ];
}
