// On paper: map, legend, weights, the best twenty, sources; made when somebody prints, whatever tab is open.

const PRINTED = 20;

function printTable(head, body) {
  return el('table', { className: 'fs-table' }, el('thead', {}, el('tr', {}, head.map(([text, numeric]) => el('th', { scope: 'col', className: numeric ? 'fs-n' : null }, text)))),
    el('tbody', {}, body.map((cells) => el('tr', {}, cells.map((text, k) => el('td', { className: head[k][1] ? 'fs-n' : null }, text))))));
}

function printedMap(app) {
  const size = app.map.getSize();
  const canvas = el('canvas', { width: String(size.x * 2), height: String(size.y * 2), role: 'img', 'aria-label': app.words.t('map') });
  paintMap(app, canvas.getContext('2d'), 0, 0, 2);
  return canvas;
}

function printedSites(app) {
  const { words, sites, selection } = app;
  const { profile, ranked } = sites;
  const columns = ['municipality', 'owner'].filter((key) => selection.subjects[key]);
  const verdicts = verdictsOf(app);
  const first = Array.from(selection.listed.subarray(0, PRINTED));
  const said = first.some((i) => verdicts.verdict(i));
  const head = [...(profile ? [[words.t('export.rank'), true]] : []), [words.t('export.site')], ...columns.map((key) => [words.t('find.' + key)]),
    ...(sites.facts.route ? [[words.t('card.route')]] : []), ...(profile ? [[words.t('export.score'), true], [words.t('export.homes'), true]] : []),
    [words.t('head.ha'), true], [words.t('card.net_years'), true], ...(said ? [[words.t('export.verdict')]] : [])];
  return printTable(head, first.map((i) => {
    const years = sites.fact('net_years', i);
    const told = verdicts.verdict(i);
    return [...(profile ? [ranked.rank[i] ? words.n(ranked.rank[i], 0) : '\u2013'] : []), sites.ids[i],
      ...columns.map((key) => { const { column } = selection.subjects[key]; return column.at(i) || ''; }),
      ...(sites.facts.route ? [words.word('route', sites.fact('route', i) || 'unknown')] : []),
      ...(profile ? [ranked.rank[i] ? words.n(ranked.score(i), 1) : '\u2013', words.n(profile.homes[i], 0)] : []),
      words.n(sites.areas[i] / 1e4, 2), years === null ? words.t('card.open') : words.n(years, 1),
      ...(said ? [[told ? words.t('notes.' + told) : '', ...verdicts.reasonsOf(i).map((id) => reasonText(app, id))].filter(Boolean).join(': ')] : [])];
  }));
}

function printContent(app) {
  const { words, meta, sites, selection } = app;
  const { profile } = sites;
  const legend = el('ul', {}, legendLines(app).map(([swatch, text, count]) => {
    const copy = el('canvas', { width: '32', height: '32', className: 'fs-swatch', 'aria-hidden': 'true' });
    if (swatch) copy.getContext('2d').drawImage(swatch, 0, 0);
    return el('li', {}, copy, el('span', {}, text), count ? el('b', {}, count) : null);
  }));
  const texts = (title, found) => (found.length ? [el('h3', {}, title), el('ul', {}, found.map((text) => el('li', {}, text)))] : []);
  const facts = [words.t('head.date', { date: words.date(meta.date) }), words.t('head.term', { term: words.n(meta.term) }),
    meta.strictness && words.t('head.strictness', { strictness: words.word('class', meta.strictness) })].filter(Boolean).join(' \u00b7 ');
  const sums = words.t('print.sums', { n: words.n(selection.sums.sites, 0), ha: words.n(selection.sums.ha, 0) }) + (profile ? words.t('print.homes', { homes: words.n(selection.sums.homes, 0) }) : '');
  const changed = (text, on) => text + (on ? ' ' + words.t('export.changed') : '');
  const foot = [meta.title, meta.study_hash && words.t('export.hash') + ' ' + meta.study_hash, words.word('audience', meta.audience)].filter(Boolean).join(' \u00b7 ');
  return [
    el('div', { className: 'fs-page' },
      el('header', {}, el('div', {}, el('h1', {}, meta.title), el('p', { className: 'fs-study' }, facts)), stamp(words, meta)),
      el('div', { className: 'fs-sheet' }, el('div', { className: 'fs-printmap' }, printedMap(app)),
        el('aside', {}, el('h2', {}, profile ? words.label(profile.label) : words.t('card.available')), el('p', {}, sums), el('h3', {}, words.t('legend')), legend,
          ...texts(changed(words.t('export.weights'), profile && weightsMoved(profile)), weightTexts(app)), ...texts(words.t('export.bounds'), boundTexts(app)),
          ...texts(words.t('export.filters'), filterTexts(app)))),
      el('p', { className: 'fs-note' }, words.t('head.desk')), el('p', { className: 'fs-foot' }, foot)),
    el('div', { className: 'fs-page' }, el('h2', {}, words.t('print.top', { n: words.n(Math.min(PRINTED, selection.listed.length), 0) })),
      selection.listed.length ? printedSites(app) : el('p', {}, words.t('find.none')),
      meta.sources.length ? [el('h2', {}, words.t('tab.sources')), el('p', { className: 'fs-sources' }, meta.sources.map((item) => [item.layer, item.source, item.date, item.licence].filter(Boolean).join(', ')).join('; ') + '.')] : null,
      meta.assumed_complete.length ? el('p', {}, words.t('head.complete', { names: meta.assumed_complete.join(', ') })) : null,
      el('p', { className: 'fs-note' }, words.t('sources.made', { version: meta.version, hash: meta.study_hash }), ' ', words.t('export.made') + ': ' + words.date(new Date().toISOString().slice(0, 10)) + '.'),
      el('p', { className: 'fs-foot' }, foot)),
  ];
}

part('watch', (app, what) => {
  if (what !== 'ready') return;
  const paper = el('div', { id: 'fs-print' });
  document.body.append(paper);
  window.addEventListener('beforeprint', () => paper.replaceChildren(...printContent(app).flat()));
  window.addEventListener('afterprint', () => paper.replaceChildren());
});
