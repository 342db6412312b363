// Taking the selection along: a table for Excel, GeoJSON for a GIS, a picture, a print; each says what it was made of.

const FORMULA = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/; // a cell that begins so would be run

function saveFile(name, type, pieces) {
  const url = URL.createObjectURL(new Blob(pieces, { type }));
  const link = el('a', { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

function fileName(app, what, ending) {
  const slug = fold(app.meta.title).replace(/[^a-z0-9]+/g, '-').slice(0, 60).replace(/^-|-$/g, '') || 'flexsite';
  return slug + '-' + what + '.' + ending;
}

// The conditions that are set, in words.
function filterTexts(app) {
  const { words, selection } = app;
  return Object.entries(selection.told).map(([key, value]) => {
    const name = key === 'text' ? words.t('find.search') : words.t('find.' + key);
    if (key === 'text') return name + ': ' + value;
    if (key === 'suitable') return name + ': ' + words.t('find.suitable.' + value);
    if (RANGES.includes(key)) {
      const [least, most] = value.map((end) => (end === null ? null : words.n(end)));
      return name + ': ' + [least === null ? '' : '\u2265 ' + least, most === null ? '' : '\u2264 ' + most].filter(Boolean).join(', ');
    }
    if (CHOICES.includes(key)) return name + ': ' + value.map((one) => selection.word(key, one)).join(', ');
    return name + ': ' + words.t('find.' + key + (value ? '.with' : '.without'));
  });
}

function weightTexts(app) {
  const { words, sites } = app;
  const { profile } = sites;
  return profile ? profile.criteria.map((item, c) => words.label(item.label) + ': ' + words.n(profile.weights[c], 0)) : [];
}

// Requirements with the bounds that are set now.
function boundTexts(app) {
  const { words, sites } = app;
  const { profile } = sites;
  if (!profile) return [];
  const moved = new Set(profile.bounds.moved);
  return profile.requirements.map((item) => {
    if (!moved.has(item)) return words.label(item.text);
    const test = (one) => words.label(one.label) + ' ' + SIDES.filter((side) => side in one.now)
      .map((side) => (side === 'at_most' ? '\u2264 ' : '\u2265 ') + words.n(one.now[side]) + unitOf(words, one.unit)).join(', ');
    return item.tests.map(test).join(' / ') + ' ' + words.t('export.changed');
  });
}

// What an export is made of: [key, text] in the language of the page.
function aboutExport(app) {
  const { words, meta, sites, selection } = app;
  const { profile } = sites;
  const changed = profile && weightsMoved(profile) ? ' ' + words.t('export.changed') : '';
  return [
    ['study', meta.title], ['hash', meta.study_hash + ' (flexsite ' + meta.version + ')'], ['date', meta.date], ['audience', words.word('audience', meta.audience)],
    ['made', new Date().toISOString().slice(0, 10)], ['profile', profile ? words.label(profile.label) : words.t('export.none')],
    ['weights', (weightTexts(app).join('; ') || words.t('export.none')) + changed], ['bounds', boundTexts(app).join('; ') || words.t('export.none')],
    ['filters', filterTexts(app).join('; ') || words.t('export.none')], ['count', words.n(selection.listed.length, 0)],
  ];
}

function csvCell(value) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value).replace('.', ',') : '';
  const text = String(value).replace(/\u0000/g, '');
  const safe = FORMULA.test(text) ? "'" + text : text;
  return /[;"\n\r\u2028\u2029]/.test(safe) || /^\s|\s$/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
}

// The columns of an export: {name, label, of(i)}; texts in the language of the page.
function exportColumns(app) {
  const { words, sites, meta } = app;
  const { profile, ranked } = sites;
  const verdicts = verdictsOf(app);
  const label = (key) => words.t('export.' + key);
  const column = (name, text, of) => ({ name, label: text, of });
  const fact = (name, text, read) => (sites.facts[name] ? [column(name, text, (i) => { const value = sites.fact(name, i); return value === null || value === '' || !read ? value : read(value); })] : []);
  const value = (item) => (i) => (item.value.text ? item.value.at(i) || '' : item.value.at(i));
  const ids = (name, text) => fact(name, text, (found) => list(found).map((id) => ruleName(words, sites.rule(id))).join(', '));
  return [
    ...(profile ? [column('rank', label('rank'), (i) => ranked.rank[i] || null)] : []),
    column('site_id', label('site'), (i) => sites.ids[i]), column('candidate_id', label('candidate'), (i) => sites.candidate(i)),
    ...(profile ? [column('score', label('score'), (i) => (ranked.rank[i] ? Math.round(ranked.score(i) * 1e6) / 1e6 : null)), column('homes', label('homes'), (i) => profile.homes[i])] : []),
    column('area_m2', label('area'), (i) => sites.areas[i]), ...fact('kind', words.t('card.kind'), (kind) => words.label((meta.kinds || {})[kind] || {}) || kind),
    ...fact('route', words.t('card.route'), (route) => words.word('route', route)),
    ...fact('available_from', words.t('card.from')), ...fact('available_until', words.t('card.until')), ...fact('net_years', words.t('card.net_years')),
    ...sites.columns.filter((item) => item.value).map((item) => column(item.name, words.label(item.label), value(item))),
    ...sites.measures.filter((item) => item.value).map((item) => column(item.column, words.label(item.label) + (item.unit ? ' (' + item.unit + ')' : ''), value(item))),
    ...ids('marks', words.t('card.marks')), ...ids('unknown', words.t('card.unknown')),
    ...(verdicts.entries.size ? [
      column('local_verdict', label('verdict'), (i) => (verdicts.verdict(i) ? words.t('notes.' + verdicts.verdict(i)) : '')),
      column('local_reason', words.t('notes.reason'), (i) => verdicts.reasonsOf(i).map((id) => reasonText(app, id)).join(', ')),
    ] : []),
  ];
}

// A table that a Dutch Excel opens as it is: byte order mark, semicolons, decimal commas; no cell is run as a formula.
function csvOf(app) {
  const columns = exportColumns(app);
  const names = new Map();
  const head = columns.map(({ label }) => { // every name once
    names.set(label, (names.get(label) || 0) + 1);
    return csvCell(names.get(label) > 1 ? label + ' ' + names.get(label) : label);
  });
  const lines = aboutExport(app).map(([key, text]) => csvCell('# ' + app.words.t('export.' + key)) + ';' + csvCell(text));
  lines.push('', head.join(';'));
  for (const i of app.selection.listed) lines.push(columns.map(({ of }) => csvCell(of(i))).join(';'));
  return '\ufeff' + lines.join('\r\n') + '\r\n';
}

function geojsonOf(app) {
  const { sites, selection } = app;
  const columns = exportColumns(app);
  const { profile, ranked } = sites;
  const head = { ...app.state(), audience: app.meta.audience, crs: (app.meta.local || {}).crs, site_positions: 'within 0.4 m' };
  const pieces = ['{"type":"FeatureCollection","flexsite":' + JSON.stringify(head) + ',"features":[\n'];
  selection.listed.forEach((i, k) => {
    const properties = { profile: profile ? profile.id : null, study_hash: app.meta.study_hash, ...Object.fromEntries(columns.map(({ name, of }) => [name, of(i) === undefined ? null : of(i)])) };
    if (profile) properties.suitable = Boolean(ranked.rank[i]);
    pieces.push((k ? ',\n' : '') + JSON.stringify({ type: 'Feature', geometry: geometryOf(sites.polygons, i), properties }));
  });
  pieces.push('\n]}\n');
  return pieces;
}

function exportContent(app) {
  const { words } = app;
  const button = (key, act) => el('button', { type: 'button', id: 'fs-export-' + key, onclick: act }, words.t('export.as.' + key));
  return el('details', { className: 'fs-export', open: app.exportOpen, ontoggle: (event) => { app.exportOpen = event.target.open; } },
    el('summary', {}, words.t('export')),
    el('p', { className: 'fs-note' }, words.t('export.note')),
    el('p', { className: 'fs-buttons' },
      button('csv', () => saveFile(fileName(app, words.t('export.file'), 'csv'), 'text/csv;charset=utf-8', [csvOf(app)])),
      button('geojson', () => saveFile(fileName(app, words.t('export.file'), 'geojson'), 'application/geo+json', geojsonOf(app))),
      button('png', () => savePicture(app)), button('print', () => window.print())));
}

part('tools', { below: true, content: exportContent });
