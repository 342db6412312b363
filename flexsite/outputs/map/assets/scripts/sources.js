// The tab of sources: where every layer comes from, and what made this page.

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

part('tabs', { id: 'sources', content: sourcesContent });
