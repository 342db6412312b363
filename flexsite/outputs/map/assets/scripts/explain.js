// What is known of a site beside its numbers: requirements with their bounds, the window, permits, people, other groups.

// A requirement: whether it is met (null: unknown), and its tests, of which one is enough.
function requirementsOf(sites, profile, i) {
  const failed = profile.bounds.failed(i);
  const kind = sites.fact('kind', i);
  const told = profile.requirements.filter((item) => !item.kinds || !kind || item.kinds.includes(kind)).map((item) => {
    const tests = (item.tests || []).map((test) => {
      const value = test.column ? test.column.value.at(i) : null;
      const verdict = test.verdict && !movedTest(test) ? test.verdict[i] : null;
      const { at_most: most, at_least: least } = test.now;
      const within = value === null ? null : (most === undefined || value <= most) && (least === undefined || value >= least);
      const met = verdict === null ? within : verdict === 2 ? null : verdict === 1;
      return { label: test.label, unit: test.unit, value, at_most: most, at_least: least, met, moved: Boolean(test.column) && movedTest(test) };
    });
    const met = failed.includes('unknown:' + item.id) ? null : !failed.includes(item.id);
    const [basis, certainty] = (sites.told.grounds[profile.id] || {})[item.id] || ['', ''];
    return { id: item.id, text: item.text, met, tests, basis, certainty };
  });
  const ids = new Set(told.map((item) => item.id));
  const other = failed.filter((id) => !ids.has(bare(id))).map((id) => ({ id: bare(id), text: null, met: id === bare(id) ? false : null, tests: [], basis: '', certainty: '' }));
  return [...told, ...other];
}

// Ranks of a profile under the weights and bounds it has now, kept until these change.
function rankedFor(sites, profile) {
  if (profile === sites.profile) return { rank: sites.ranked.rank, count: sites.ranked.order.length };
  const key = JSON.stringify([[...profile.weights], profile.bounds.told]);
  if (profile.rankKey !== key) {
    profile.rankKey = key;
    const { rank, order } = rankSites(profile.criteria.map((item) => item.value), profile.weights, profile.passing);
    profile.ranks = { rank, count: order.length };
  }
  return profile.ranks;
}

function groupsOf(sites, i) {
  return sites.profiles.map((profile) => {
    const { rank, count } = rankedFor(sites, profile);
    const suitable = profile.passing[i] === 1;
    return { profile: profile.id, suitable, rank: suitable ? rank[i] : null, of: count, homes: profile.homes[i], failed: profile.bounds.failed(i) };
  });
}

// Floor area, rooms and people of the homes of the profile in view; what is not known is left out.
function peopleOf(sites, profile, i) {
  const own = profile.passing[i] === 1 ? sites.told.capacity[profile.id] : null;
  const found = {};
  for (const [name, stored] of Object.entries(own || {})) {
    const value = stored.value ? stored.value.at(i) : stored.each * profile.homes[i];
    if (value !== null) found[name] = value;
  }
  return found;
}

// The parts that other files tell of, opened.
function openTold(stored, section) {
  const open = (column) => openColumn(column, section);
  const capacity = {};
  for (const [profile, own] of Object.entries(stored.capacity)) {
    capacity[profile] = {};
    for (const [name, one] of Object.entries(own)) capacity[profile][name] = one.value ? { value: open(one.value) } : one;
  }
  const best = stored.best ? { best_for: open(stored.best.best_for), next_best: open(stored.best.next_best) } : null;
  return { ...stored, capacity, best };
}

// Months and years of the window, as dates of the study.
function windowOf(sites, i) {
  const { meta } = sites;
  const from = sites.fact('available_from', i) || null;
  const bridging = sites.kindColumns.find((item) => item.name === 'bridging');
  return {
    date: meta.date, from, until: sites.fact('available_until', i) || null, mark_until: sites.fact('mark_until', i) || null,
    term: meta.term, bridging: bridging && bridging.value ? Boolean(bridging.value.at(i)) : null,
  };
}

function explained(sites, i) {
  const found = { window: windowOf(sites, i), permits: sites.told.permits.filter((item) => item.route === sites.fact('route', i)), groups: groupsOf(sites, i) };
  if (sites.told.best) for (const name of ['best_for', 'next_best']) found[name] = sites.told.best[name].at(i) || null;
  if (sites.profile) {
    found.requirements = requirementsOf(sites, sites.profile, i);
    found.people = peopleOf(sites, sites.profile, i);
  }
  return found;
}

// --- in words ---

function numberText(words, value) {
  return words.n(value, Number.isInteger(value) ? 0 : undefined);
}

function boundText(words, test) {
  const unit = unitOf(words, test.unit);
  const bounds = [
    test.at_least === undefined ? null : words.t('need.least', { bound: numberText(words, test.at_least) + unit }),
    test.at_most === undefined ? null : words.t('need.most', { bound: numberText(words, test.at_most) + unit }),
  ];
  return bounds.filter(Boolean).join(', ');
}

// A sign and the word it stands for: met, not met, unknown.
function metMark(words, met) {
  const key = met === null ? 'unknown' : met ? 'met' : 'unmet';
  return el('span', { className: 'fs-met fs-met-' + key }, el('span', { 'aria-hidden': 'true' }, { met: '\u2713', unmet: '\u2717', unknown: '?' }[key]),
    el('span', { className: 'fs-hidden' }, words.t('need.' + key) + ': '));
}

function testLine(words, test) {
  const value = test.value === null ? (test.met === null || test.at_most !== undefined || test.at_least !== undefined ? words.t('card.nodata') : '')
    : numberText(words, test.value) + unitOf(words, test.unit);
  const bound = boundText(words, test);
  return el('li', {}, metMark(words, test.met), words.label(test.label), value ? [': ', el('b', {}, value)] : null,
    bound ? el('small', {}, ' (' + bound + (test.moved ? '; ' + words.t('need.moved') : '') + ')') : null);
}

function requirementItem(words, profile, item) {
  const text = item.text ? words.label(item.text) : failedText(words, profile, item.id);
  const grounds = [item.basis, item.certainty ? words.word('certainty', item.certainty) : ''].filter(Boolean).join('; ');
  const single = item.tests.length === 1 && (item.tests[0].at_most !== undefined || item.tests[0].at_least !== undefined);
  const about = grounds ? el('small', {}, grounds) : null;
  if (single) {
    const line = testLine(words, item.tests[0]);
    line.append(about || '');
    return line;
  }
  const several = item.tests.length > 1;
  return el('li', {}, metMark(words, item.met), several ? words.t('need.any') + ':' : text,
    several ? el('ul', { className: 'fs-any' }, item.tests.map((test) => testLine(words, test))) : null, about);
}

function requirementsSection(words, profile, site) {
  if (!profile || !site.requirements.length) return null;
  return section(words.t('need.title'), el('ul', { className: 'fs-needs' }, site.requirements.map((item) => requirementItem(words, profile, item))));
}

function groupsSection(app, site) {
  const { words, sites } = app;
  if (sites.profiles.length < 2) return null;
  const name = (id) => {
    const profile = sites.profiles.find((one) => one.id === id);
    return profile ? words.label(profile.label) : id;
  };
  const line = (one, p) => {
    const profile = sites.profiles[p];
    const here = p === sites.current;
    const pick = here ? el('strong', {}, name(one.profile))
      : el('button', { type: 'button', className: 'fs-pick', id: 'fs-group-' + p, onclick: () => app.select(one.profile) }, name(one.profile));
    const why = one.suitable ? words.t('groups.rank', { rank: words.n(one.rank, 0), n: words.n(one.of, 0), homes: words.n(one.homes, 0) })
      : words.t('groups.fails', { needs: one.failed.map((id) => failedText(words, profile, id)).join('; ') });
    return el('li', { className: one.suitable ? null : 'fs-dim' }, metMark(words, one.suitable), pick,
      site.best_for === one.profile ? el('span', { className: 'fs-pill' }, words.t('groups.best')) : null, el('small', {}, why));
  };
  const order = site.groups.map((one, p) => [one, p]).sort(([a, p], [b, q]) => Number(b.suitable) - Number(a.suitable) || p - q);
  const suits = site.groups.filter((one) => one.suitable).length;
  return section(words.t('groups.title'),
    el('p', {}, words.t('groups.count', { n: words.n(suits, 0), m: words.n(site.groups.length, 0) }),
      site.next_best ? ' ' + words.t('groups.next', { group: name(site.next_best) }) : null),
    el('ul', { className: 'fs-needs' }, order.map(([one, p]) => line(one, p))));
}

function weeksText(words, permit) {
  if (permit.weeks === null) return words.t('permit.years');
  const more = permit.extension ? words.t('permit.more', { weeks: words.n(permit.extension, 0) }) : '';
  return words.t('permit.weeks', { weeks: words.n(permit.weeks, 0) }) + more;
}

function routeSection(words, site) {
  if (site.route === null) return null;
  const share = site.route_share === null || site.route_share >= 0.995 ? '' : words.t('card.share', { share: words.percent(site.route_share) });
  const permits = site.permits.map((permit) => el('li', {}, el('strong', {}, words.label(permit.label)),
    el('span', {}, ' ' + weeksText(words, permit) + (permit.appeal ? '; ' + words.t('permit.appeal', { weeks: words.n(permit.appeal, 0) }) : '')),
    permit.basis ? el('small', {}, permit.basis) : null));
  return section(words.t('card.route'), el('p', {}, el('span', { className: 'fs-pill fs-plain' }, site.route ? words.word('route', site.route) : words.t('card.nodata')), ' ', share),
    permits.length ? el('ul', { className: 'fs-rules' }, permits) : null);
}

function peopleSection(words, site) {
  const { people } = site;
  if (!people || !Object.keys(people).length) return null;
  const text = { floor_area_m2: (value) => words.n(value, 0) + '\u00a0m\u00b2' };
  return section(words.t('people.title'), rows([
    [words.t('card.homes'), words.n(site.homes, 0)],
    ...Object.entries(people).map(([name, value]) => [words.t('people.' + name), (text[name] || ((x) => words.n(x, 0)))(value)]),
  ]));
}
