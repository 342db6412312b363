// The tab of the waterfall: what each step took.

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

part('tabs', { id: 'waterfall', content: waterfallContent });
