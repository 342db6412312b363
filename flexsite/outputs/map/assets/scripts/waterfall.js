// The tab of the waterfall: what each step costs, variants side by side, and rules that are switched off.

const COUNTS = ['ha', 'sites', 'homes'];
const COLUMN_OF = { ha: 'area_ha', sites: 'sites', homes: 'homes' };

function countText(words, count, value) {
  if (value === null || value === undefined || value === '') return '';
  return words.n(value, count === 'ha' && Math.abs(value) < 100 ? 1 : 0);
}

function countSwitch(app) {
  const { words } = app;
  const now = app.counting || 'ha';
  const pick = (count) => () => {
    app.counting = count;
    app.showBody();
    byId('fs-count-' + count).focus();
  };
  const name = (count) => (count === 'ha' ? words.t('head.ha') : count === 'sites' ? words.t(words.noun + '.many') : words.t('head.homes'));
  return el('div', { className: 'fs-switch', role: 'group', 'aria-label': words.t('waterfall.count') }, COUNTS.map((count) =>
    el('button', { type: 'button', id: 'fs-count-' + count, 'aria-pressed': count === now ? 'true' : 'false', onclick: pick(count) }, name(count))));
}

// What is left as a bar, and behind it what the step took.
function funnelBar(left, before, whole) {
  const share = (value) => (whole ? Math.max(0, Math.min(100, (100 * value) / whole)) : 0);
  const bar = el('span', { className: 'fs-funnel', 'aria-hidden': 'true' }, el('i', {}), el('i', { className: 'fs-gone' }));
  bar.firstChild.style.width = share(left) + '%';
  bar.lastChild.style.width = Math.max(0, share(before) - share(left)) + '%';
  return bar;
}

function chartTable(head, body) {
  return el('div', { className: 'fs-wide' }, el('table', { className: 'fs-table fs-chart' },
    el('thead', {}, el('tr', {}, head.map((text, k) => el('th', { scope: 'col', className: k ? 'fs-n' : null }, text)))), el('tbody', {}, body)));
}

// From candidate to available: led by what a rule costs by itself; what it took at its turn depends on the order.
function groundChart(app, rowsOf) {
  const { words, sites } = app;
  const count = app.counting || 'ha';
  const column = count === 'ha' ? 'area_ha' : 'candidates';
  const known = rowsOf.filter((row) => row[column] !== null && row[column] !== undefined);
  const idle = (row) => row.effect && !row.removed_ha && !row.only_ha;
  if (count === 'homes' || !known.length) return el('p', { className: 'fs-empty' }, words.t('waterfall.nohomes'));
  const whole = known[0][column];
  const most = Math.max(...rowsOf.map((row) => row.only_ha || 0));
  const number = (value) => el('td', { className: 'fs-n' }, countText(words, count, value));
  let before = whole;
  const body = known.filter((row) => !idle(row)).map((row) => {
    const left = row[column];
    const notes = count === 'ha' ? [
      row.removed_ha ? words.t('waterfall.turn', { ha: words.n(row.removed_ha, 1) }) : '',
      row.unknown_ha ? words.t('waterfall.nothing_known', { ha: words.n(row.unknown_ha, 1) }) : '',
    ] : [before > left ? words.t('waterfall.less', { n: words.n(before - left, 0) }) : ''];
    const bar = funnelBar(left, before, whole);
    before = left;
    const effect = row.effect ? words.word('effect', row.effect) : '';
    return el('tr', { className: most && row.only_ha === most ? 'fs-most' : null },
      el('th', { scope: 'row' }, ruleName(words, sites.rule(row.rule || '')), bar,
        el('small', {}, [effect, ...notes].filter(Boolean).join('; '))),
      count === 'ha' ? el('td', { className: 'fs-n fs-lead' }, row.only_ha === null || row.only_ha === undefined ? '' : countText(words, count, row.only_ha)) : null,
      number(left));
  });
  const head = count === 'ha' ? [words.t('waterfall.step'), words.t('waterfall.only'), words.t('waterfall.left')]
    : [words.t('waterfall.step'), words.t('waterfall.candidates')];
  const rest = known.filter(idle);
  const quiet = (row) => el('li', {}, ruleName(words, sites.rule(row.rule || '')), el('small', {}, [row.effect ? words.word('effect', row.effect) : '',
    row.touched_ha ? words.t('waterfall.touched', { ha: words.n(row.touched_ha, 1) }) : '',
    row.unknown_ha ? words.t('waterfall.nothing_known', { ha: words.n(row.unknown_ha, 1) }) : ''].filter(Boolean).join('; ')));
  return el('div', {}, chartTable(head, body),
    rest.length ? el('details', { className: 'fs-idle' }, el('summary', {}, words.t('waterfall.idle', { n: words.n(rest.length, 0) })), el('ul', { className: 'fs-rules' }, rest.map(quiet))) : null,
    count === 'ha' ? el('p', { className: 'fs-note' }, words.t('waterfall.note')) : null);
}

// From available to suitable, for the group in view.
function groupChart(app, rowsOf, profile) {
  const { words, sites } = app;
  const count = app.counting || 'ha';
  const column = COLUMN_OF[count];
  const whole = Math.max(0, ...rowsOf.map((row) => row[column] || 0));
  const name = (id) => (profile.texts.has(id) ? words.label(profile.texts.get(id)) : ruleName(words, sites.rule(id || '')));
  const rest = COUNTS.filter((one) => one !== count);
  const unit = (one) => (one === 'ha' ? 'ha' : one === 'sites' ? words.t(words.noun + '.many') : words.t('waterfall.homes'));
  let before = rowsOf[0][column];
  const body = rowsOf.map((row) => {
    const bar = funnelBar(row[column], before, whole);
    before = row[column];
    const beside = rest.map((one) => countText(words, one, row[COLUMN_OF[one]]) + '\u00a0' + unit(one)).join('; ');
    return el('tr', {}, el('th', { scope: 'row' }, name(row.rule), bar, el('small', {}, beside)),
      el('td', { className: 'fs-n fs-lead' }, countText(words, count, row[column])));
  });
  return chartTable([words.t('waterfall.step'), count === 'ha' ? words.t('waterfall.left') : count === 'sites' ? words.t('waterfall.sites') : words.t('head.homes')], body);
}

function variantsSection(app) {
  const { words, sites } = app;
  const profile = sites.profile;
  const own = profile ? sites.told.variants.filter((row) => row.profile === profile.id) : [];
  if (own.length < 2) return null;
  const count = app.counting || 'ha';
  const column = COLUMN_OF[count];
  const whole = Math.max(...own.map((row) => row[column]));
  const base = own[0];
  const name = (id) => (id === 'base' ? words.t('variants.base') : id.replace(/_/g, ' '));
  const signed = (value) => (value > 0 ? '+' : value < 0 ? '\u2212' : '\u00b1') + countText(words, count, Math.abs(value));
  const rest = COUNTS.filter((one) => one !== count);
  const unit = (one) => (one === 'ha' ? 'ha' : one === 'sites' ? words.t(words.noun + '.many') : words.t('waterfall.homes'));
  const body = own.map((row) => el('tr', {},
    el('th', { scope: 'row' }, name(row.variant), funnelBar(row[column], row[column], whole),
      el('small', {}, rest.map((one) => countText(words, one, row[COLUMN_OF[one]]) + '\u00a0' + unit(one)).join('; '))),
    el('td', { className: 'fs-n fs-lead' }, countText(words, count, row[column])),
    el('td', { className: 'fs-n' }, row === base ? '' : signed(row[column] - base[column]))));
  const heading = count === 'ha' ? words.t('head.ha') : count === 'sites' ? words.t(words.noun + '.many') : words.t('head.homes');
  return section(words.t('variants.title'), el('p', { className: 'fs-note' }, words.t('variants.note', { profile: words.label(profile.label) })),
    chartTable([words.t('variants.variant'), heading, words.t('variants.difference')], body));
}

function waterfallContent(app) {
  const { words, sites, meta } = app;
  if (!meta.waterfall.length) return el('p', { className: 'fs-empty' }, words.t('empty.waterfall'));
  const rowsOf = (stage, profile) => meta.waterfall.filter((row) => row.stage === stage && (!profile || row.profile === profile));
  const ground = rowsOf('availability');
  const { profile } = sites;
  const suitability = profile ? rowsOf('suitability', profile.id) : [];
  return el('div', { className: 'fs-waterfall' }, countSwitch(app),
    suitability.length ? section(words.t('waterfall.suitability', { profile: words.label(profile.label) }), groupChart(app, suitability, profile)) : null,
    variantsSection(app),
    ground.length ? section(words.t('waterfall.availability'), groundChart(app, ground)) : null,
    whatifSection(app));
}

part('tabs', { id: 'waterfall', content: waterfallContent });
