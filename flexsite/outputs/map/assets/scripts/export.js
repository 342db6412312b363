// Taking the selection along: a table for Excel, GeoJSON for a GIS, a picture, a print; each says what it was made of.

const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/; // a cell that begins so would be run

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
    if (key === 'suitable' || key === 'verdict') return name + ': ' + words.t('find.' + key + '.' + value);
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

// A reading of texts of which there are few, done once for each.
function once(read) {
  const known = new Map();
  return (text) => {
    if (typeof text !== 'string') return read(text);
    let found = known.get(text);
    if (found === undefined) {
      found = read(text);
      if (known.size < 10000) known.set(text, found);
    }
    return found;
  };
}

// The columns of an export: {name, label, of(i)}; texts in the language of the page.
function exportColumns(app) {
  const { words, sites, meta } = app;
  const { profile, ranked } = sites;
  const verdicts = verdictsOf(app);
  const label = (key) => words.t('export.' + key);
  const column = (name, text, of) => ({ name, label: text, of });
  const fact = (name, text, read) => {
    const told = read && once(read);
    return sites.facts[name] ? [column(name, text, (i) => { const value = sites.fact(name, i); return value === null || value === '' || !read ? value : told(value); })] : [];
  };
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

const SLICE = 40; // milliseconds of work before the page may answer
const LINES = 200; // of a piece

// Pieces of a file with a line for each listed site, made in slices so that the page goes on answering. What is listed
// must not change meanwhile: where it does, it begins again.
async function piecesOf(app, begin) {
  for (let again = true; again;) {
    again = false;
    const turn = app.exportTurn;
    const listed = app.selection.listed.slice();
    const { head, line, foot } = begin();
    const pieces = [head];
    let lines = [];
    let until = performance.now() + SLICE;
    for (let k = 0; k < listed.length && !again; k++) {
      lines.push(line(listed[k], k));
      if (lines.length < LINES) continue;
      pieces.push(new Blob([lines.join('')]));
      lines = [];
      if (performance.now() < until) continue;
      tellExport(app, k / listed.length);
      await new Promise((done) => { setTimeout(done, 0); });
      until = performance.now() + SLICE;
      again = turn !== app.exportTurn;
    }
    if (!again) return [...pieces, lines.join(''), foot];
  }
  return [];
}

// How far a file is; null is done.
function tellExport(app, share) {
  const said = byId('fs-export-said');
  if (said) said.textContent = share === null ? '' : app.words.t('export.busy', { share: app.words.percent(Math.floor(share * 10) / 10) });
}

// A table that a Dutch Excel opens as it is: byte order mark, semicolons, decimal commas; no cell is run as a formula.
function csvOf(app) {
  return piecesOf(app, () => {
    const columns = exportColumns(app);
    const cell = once(csvCell);
    const names = new Map();
    const head = columns.map(({ label }) => { // every name once
      names.set(label, (names.get(label) || 0) + 1);
      return csvCell(names.get(label) > 1 ? label + ' ' + names.get(label) : label);
    });
    const lines = aboutExport(app).map(([key, text]) => csvCell('# ' + app.words.t('export.' + key)) + ';' + csvCell(text));
    return { head: '\ufeff' + [...lines, '', head.join(';')].join('\r\n') + '\r\n', line: (i) => columns.map(({ of }) => cell(of(i))).join(';') + '\r\n', foot: '' };
  });
}

function geojsonOf(app) {
  return piecesOf(app, () => {
    const { sites } = app;
    const columns = exportColumns(app);
    const { profile, ranked } = sites;
    const head = { ...app.state(), audience: app.meta.audience, crs: (app.meta.local || {}).crs, site_positions: 'within 0.4 m' };
    const line = (i, k) => {
      const properties = { profile: profile ? profile.id : null, study_hash: app.meta.study_hash };
      for (const { name, of } of columns) {
        const value = of(i);
        properties[name] = value === undefined ? null : value;
      }
      if (profile) properties.suitable = Boolean(ranked.rank[i]);
      return (k ? ',\n' : '') + JSON.stringify({ type: 'Feature', geometry: geometryOf(sites.polygons, i), properties });
    };
    return { head: '{"type":"FeatureCollection","flexsite":' + JSON.stringify(head) + ',"features":[\n', line, foot: '\n]}\n' };
  });
}

// One file at a time; a second click waits for nobody.
async function exportFile(app, ending, type, make) {
  if (app.exporting) return;
  app.exporting = true;
  try {
    saveFile(fileName(app, app.words.t('export.file'), ending), type, await make(app));
  } finally {
    app.exporting = false;
    tellExport(app, null);
  }
}

function exportContent(app) {
  const { words } = app;
  const button = (key, act) => el('button', { type: 'button', id: 'fs-export-' + key, onclick: act }, words.t('export.as.' + key));
  return el('details', { className: 'fs-export', open: app.exportOpen, ontoggle: (event) => { app.exportOpen = event.target.open; } },
    el('summary', {}, words.t('export')),
    el('p', { className: 'fs-note' }, words.t('export.note')),
    el('p', { className: 'fs-buttons' },
      button('csv', () => exportFile(app, 'csv', 'text/csv;charset=utf-8', csvOf)),
      button('geojson', () => exportFile(app, 'geojson', 'application/geo+json', geojsonOf)),
      button('png', () => savePicture(app)), button('print', () => window.print())),
    el('p', { className: 'fs-note', id: 'fs-export-said', role: 'status' }));
}

part('watch', (app, what) => { if (!['place', 'tab', 'layers', 'compare', 'classes'].includes(what)) app.exportTurn = (app.exportTurn || 0) + 1; });
part('tools', { below: true, content: exportContent });
