// The other parts of the panel: the waterfall, the restrictions and the sources.

function waterfallContent(app) {
  const { words, sites, meta } = app;
  if (!meta.waterfall.length) return el('p', { className: 'fs-empty' }, words.t('empty.waterfall'));
  const step = (id) => ruleName(words, sites.rule(id || ''));
  const number = (value, decimals) => el('td', { className: 'fs-n' }, value === null || value === undefined || value === '' ? '' : words.n(value, decimals === 1 && Math.abs(value) >= 100 ? 0 : decimals));
  const th = (text, numeric) => el('th', { scope: 'col', className: numeric ? 'fs-n' : null }, text);
  const funnel = (value, whole) => {
    const bar = el('span', { className: 'fs-funnel', 'aria-hidden': 'true' }, el('i', {}));
    bar.firstChild.style.width = (whole ? Math.max(0, Math.min(100, (100 * value) / whole)) : 0) + '%';
    return bar;
  };
  const rowsOf = (stage, profile) => meta.waterfall.filter((row) => row.stage === stage && (!profile || row.profile === profile));
  const ground = rowsOf('availability');
  const whole = ground.length ? ground[0].area_ha : 0;
  const parts = [];
  if (ground.length) {
    parts.push(el('h2', { className: 'fs-h3' }, words.t('waterfall.availability')), el('div', { className: 'fs-wide' }, el('table', { className: 'fs-table' },
      el('thead', {}, el('tr', {}, th(words.t('waterfall.step')), th(words.t('waterfall.left'), true), th(words.t('waterfall.removed'), true),
        th(words.t('waterfall.only'), true), th(words.t('waterfall.unknown'), true))),
      el('tbody', {}, ground.map((row) => el('tr', {},
        el('th', { scope: 'row' }, step(row.rule), row.effect ? el('small', {}, words.word('effect', row.effect)) : null, funnel(row.area_ha, whole)),
        number(row.area_ha, 1), number(row.removed_ha, 1), number(row.only_ha, 1), number(row.unknown_ha, 1)))))),
    el('p', { className: 'fs-note' }, words.t('waterfall.note')));
  }
  const profile = sites.profile;
  const suitability = profile ? rowsOf('suitability', profile.id) : [];
  if (suitability.length) {
    const first = suitability[0].area_ha;
    const name = (id) => (profile.texts.has(id) ? words.label(profile.texts.get(id)) : step(id));
    parts.push(el('h2', { className: 'fs-h3' }, words.t('waterfall.suitability', { profile: words.label(profile.label) })),
      el('div', { className: 'fs-wide' }, el('table', { className: 'fs-table' },
        el('thead', {}, el('tr', {}, th(words.t('waterfall.step')), th(words.t(words.noun + '.many'), true), th(words.t('waterfall.ha'), true), th(words.t('head.homes'), true))),
        el('tbody', {}, suitability.map((row) => el('tr', {}, el('th', { scope: 'row' }, name(row.rule), funnel(row.area_ha, first)),
          number(row.sites, 0), number(row.area_ha, 1), number(row.homes, 0)))))));
  }
  return el('div', {}, parts);
}

function rulesContent(app) {
  const { words, sites, meta } = app;
  const ground = sites.excluded;
  if (!meta.rules.length && !(ground && ground.order.length)) return el('p', { className: 'fs-empty' }, words.t('empty.rules'));
  const ids = [...new Set([...meta.rules.map((rule) => rule.id), ...(ground ? ground.order : [])])];
  const items = ids.map((id) => {
    const rule = sites.rule(id);
    const place = ground ? ground.order.indexOf(id) : -1;
    const ha = place < 0 ? 0 : app.groundHa[place];
    const box = ha ? el('input', { type: 'checkbox', id: 'fs-rule-' + place, checked: !app.ground.hidden.has(place),
      onchange: (event) => app.showGround(place, event.target.checked) }) : null;
    const swatch = place >= 0 && ha ? swatchOf(groundStyle(place)) : null;
    const kind = [rule.effect && words.word('effect', rule.effect), rule.hardness && words.word('class', rule.hardness)].filter(Boolean).join(', ');
    const facts = rows([rule.basis && [words.t('rules.basis'), rule.basis], rule.source && [words.t('rules.source'), rule.source],
      rule.date && [words.t('rules.date'), words.date(rule.date)]]);
    return el('li', {}, el(ha ? 'label' : 'span', {}, box, swatch, el('strong', {}, ruleName(words, rule)), el('span', { className: 'fs-kind' }, ' ', kind)),
      ground ? el('p', { className: 'fs-note' }, ha ? words.t('rules.ground', { ha: words.n(ha, ha < 10 ? 2 : 0) }) : words.t('rules.noground')) : null, facts);
  });
  return el('div', {},
    el('p', { className: 'fs-note' }, ground ? words.t('rules.intro') + ' ' + words.t('rules.simplified', { metres: words.n(ground.tolerance + 0.5, 0) }) : words.t('empty.excluded')),
    el('ol', { className: 'fs-rules fs-layers' }, items));
}

function sourcesContent(app) {
  const { words, meta } = app;
  const complete = new Set(meta.assumed_complete);
  const made = el('p', { className: 'fs-note' }, words.t('sources.made', { version: meta.version, hash: meta.study_hash.slice(0, 12) }), ' ', words.t('sources.libraries'));
  if (!meta.sources.length) return el('div', {}, el('p', { className: 'fs-empty' }, words.t('empty.sources')), made);
  const head = ['layer', 'source', 'date', 'licence'].map((key) => el('th', { scope: 'col' }, words.t('sources.' + key)));
  return el('div', {}, el('div', { className: 'fs-wide' }, el('table', { className: 'fs-table' }, el('thead', {}, el('tr', {}, head)),
    el('tbody', {}, meta.sources.map((item) => el('tr', {},
      el('th', { scope: 'row' }, item.layer, complete.has(item.layer) ? el('small', {}, words.t('sources.complete')) : null),
      el('td', {}, item.source), el('td', {}, words.date(item.date)), el('td', {}, item.licence)))))), made);
}

part('tabs', { id: 'waterfall', content: waterfallContent });
part('tabs', { id: 'rules', content: rulesContent });
part('tabs', { id: 'sources', content: sourcesContent });
