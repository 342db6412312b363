// The list: every site that is looked for, in the order asked for, fifty at a time.

const PAGE = 50;

// Columns of the list: key, head, whether numbers, and the text of a cell. The later ones stand on a line of their own.
function listColumns(app) {
  const { words, sites, selection } = app;
  const { profile, ranked } = sites;
  const none = '\u2013';
  const swatch = (i) => {
    const style = STYLES[app.layer.classes[i]];
    const box = el('i', { className: 'fs-swatch', 'aria-hidden': 'true' });
    box.style.background = style.fill || style.dotColour || 'none';
    return box;
  };
  const columns = [
    profile && { key: 'rank', head: words.t('list.rank'), number: true, cell: (i) => [swatch(i), ranked.rank[i] ? words.n(ranked.rank[i], 0) : none] },
    { key: 'site', head: words.t(words.noun === 'cells' ? 'list.cell' : 'list.site'),
      cell: (i) => [el('button', { type: 'button', className: 'fs-pick', onclick: () => app.pick(i, true) }, sites.ids[i]),
        compareButton(app, i, sites.ids[i])] },
    profile && { key: 'score', head: words.t('list.score'), number: true, cell: (i) => (ranked.rank[i] ? words.n(ranked.score(i), 1) : none) },
    profile && { key: 'homes', head: words.t('list.homes'), number: true, cell: (i) => words.n(profile.homes[i], 0) },
    { key: 'area', head: words.t('list.ha'), number: true, cell: (i) => words.n(sites.areas[i] / 1e4, 2) },
    { key: 'years', head: words.t('list.years'), number: true, cell: (i) => {
      const years = sites.fact('net_years', i);
      return years === null ? none : words.n(years, 1);
    } },
  ];
  for (const key of ['municipality', 'owner', 'route']) {
    const subject = selection.subjects[key];
    if (!subject) continue;
    columns.push({ key, late: true, head: words.t('list.' + key),
      cell: (i) => { const value = subject.column.at(i); return value ? selection.word(key, value) : none; } });
  }
  return columns.filter(Boolean);
}

const DOWN_FIRST = ['score', 'homes', 'area', 'years'];

function headCell(app, column) {
  const { sort } = app.selection;
  const here = sort.key === column.key;
  const turn = () => {
    app.sortBy(column.key, here ? !sort.down : DOWN_FIRST.includes(column.key));
    const again = app.body.querySelector('#fs-sort-' + column.key);
    if (again) again.focus();
  };
  return el('th', { scope: 'col', role: 'columnheader', className: cellClass(column), 'aria-sort': here ? (sort.down ? 'descending' : 'ascending') : 'none' },
    el('button', { type: 'button', id: 'fs-sort-' + column.key, className: 'fs-sort', onclick: turn }, column.head,
      el('span', { className: 'fs-arrow', 'aria-hidden': 'true' }, here ? (sort.down ? '\u25bc' : '\u25b2') : '')));
}

function cellClass(column) {
  return 'fs-c-' + column.key + (column.number ? ' fs-n' : '') + (column.late ? ' fs-late' : '');
}

function listRow(app, i, columns) {
  return el('tr', { role: 'row', 'data-site': String(i), 'aria-current': i === app.layer.selected ? 'true' : null },
    columns.map((column) => el('td', { role: 'cell', className: cellClass(column) + (column.key === 'rank' ? ' fs-rank' : '') }, ...[column.cell(i)].flat())));
}

// Arrows walk over the sites; page up and down turn the page.
function listKeys(app, event) {
  const picks = [...app.body.querySelectorAll('.fs-pick')];
  const at = picks.indexOf(document.activeElement);
  if (at < 0) return;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: picks.length - 1 }[event.key];
  const turn = { PageDown: 1, PageUp: -1 }[event.key];
  if (to === undefined && !turn) return;
  event.preventDefault();
  if (turn) {
    app.turnPage(turn);
    const first = app.body.querySelector('.fs-pick');
    if (first) first.focus();
  } else if (picks[to]) picks[to].focus();
}

function emptyList(app) {
  const { words, sites, selection } = app;
  const { profile } = sites;
  if (!sites.n) return words.t('empty.sites');
  if (selection.text.trim() || selection.conditions) return words.t('find.none');
  return words.t('empty.profile', { profile: words.label(profile.label) });
}

// The table of the page in view, with what leads to the others.
function listTable(app) {
  const { words, sites, selection } = app;
  const { listed } = selection;
  if (!listed.length) return [el('p', { className: 'fs-empty' }, emptyList(app))];
  const pages = Math.ceil(listed.length / PAGE);
  app.page = Math.max(0, Math.min(app.page, pages - 1));
  const from = app.page * PAGE;
  const to = Math.min(listed.length, from + PAGE);
  const columns = listColumns(app);
  const turn = (step, key) => el('button', { type: 'button', disabled: app.page + step < 0 || app.page + step >= pages, onclick: () => app.turnPage(step) }, words.t(key));
  return [
    el('table', { role: 'table', 'aria-label': words.t('list.table'), className: 'fs-table fs-list' + (sites.profile ? '' : ' fs-unranked'), onkeydown: (event) => listKeys(app, event) },
      el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, columns.map((column) => headCell(app, column)))),
      el('tbody', { role: 'rowgroup' }, Array.from(listed.subarray(from, to), (i) => listRow(app, i, columns)))),
    el('p', { className: 'fs-note' }, words.t('list.hint')),
    el('nav', { className: 'fs-pages', 'aria-label': words.t('list.pages') }, turn(-1, 'list.previous'),
      el('span', {}, words.t('list.page', { from: words.n(from + 1, 0), to: words.n(to, 0), n: words.n(listed.length, 0) })), turn(1, 'list.next')),
  ];
}

function listContent(app) {
  if (!app.sites.n) return el('p', { className: 'fs-empty' }, emptyList(app));
  return el('div', {}, el('div', { className: 'fs-changed' }, changedNote(app)), searchContent(app), filtersContent(app),
    el('div', { className: 'fs-places' }, placesContent(app)), el('div', { className: 'fs-listed' }, listTable(app)));
}

// Numbers and order anew; the fields stay as they are.
function listUpdate(app, body) {
  const at = (name) => body.querySelector(name);
  if (!at('.fs-listed')) return;
  keepNote(at('.fs-changed'), changedNote(app));
  filtersUpdate(app, body);
  at('.fs-places').replaceChildren(...placesContent(app));
  at('.fs-listed').replaceChildren(...listTable(app));
}

part('tabs', { id: 'list', content: listContent, update: listUpdate });
part('kept', { key: 'o', read: (app) => {
  const { key, down } = app.selection.sort;
  return key === 'rank' && !down ? null : (down ? '-' : '') + key;
}, write(app, text) {
  const key = text.replace(/^-/, '');
  if (!listColumns(app).some((column) => column.key === key)) throw new RangeError(key);
  app.sortBy(key, text.startsWith('-'));
} });
