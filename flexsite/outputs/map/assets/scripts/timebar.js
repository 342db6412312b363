// The window of a site as a bar: preparation, the years it is free, the term that is asked, and later plans.

function yearOf(text) {
  const part = /^(\d{4})-(\d{2})-(\d{2})/.exec(text || '');
  return part ? +part[1] + (+part[2] - 1) / 12 + (+part[3] - 1) / 365 : null;
}

// Where everything stands on the bar, in years; null is not known. `end` is where the bar ends.
function barOf(window) {
  const now = yearOf(window.date);
  const from = yearOf(window.from);
  if (from === null) return null;
  const start = now === null ? from : Math.min(now, from);
  const until = yearOf(window.until);
  const mark = yearOf(window.mark_until);
  const asked = from + (window.term || 0);
  const end = Math.max(asked, until || 0, mark || 0, from + 1) + 1;
  return { start, from, until, mark, asked, end };
}

function barText(words, window) {
  const parts = [
    words.t('window.from', { date: words.date(window.from) }),
    window.until ? words.t('window.until', { date: words.date(window.until) }) : words.t('window.open'),
    words.t('window.term', { term: words.n(window.term) }),
    window.mark_until ? words.t('window.mark', { date: words.date(window.mark_until) }) : null,
    window.bridging ? words.t('window.bridging') : null,
  ];
  return parts.filter(Boolean).join('; ') + '.';
}

function timeBar(words, window) {
  const bar = barOf(window);
  if (!bar) return null;
  const place = (year) => (100 * (year - bar.start)) / (bar.end - bar.start);
  const at = (className, year, to, ...children) => {
    const one = el('i', { className }, ...children);
    one.style.left = place(year) + '%';
    if (to !== null) one.style.width = place(to) - place(year) + '%';
    return one;
  };
  const years = [];
  const step = bar.end - bar.start > 24 ? 10 : 5;
  for (let year = Math.ceil(bar.start / step) * step; year <= bar.end - 0.5; year += step) years.push(at('fs-bar-year', year, null, String(year)));
  const free = at('fs-bar-free' + (bar.until === null ? ' fs-bar-open' : ''), bar.from, bar.until === null ? bar.end : bar.until);
  const whole = el('div', { className: 'fs-window', role: 'img', 'aria-label': barText(words, window) },
    el('div', { className: 'fs-window-bar' },
      bar.start < bar.from ? at('fs-bar-lead', bar.start, bar.from) : null, free,
      at('fs-bar-term', bar.asked, null),
      bar.mark === null ? null : at('fs-bar-mark', bar.mark, null),
      window.bridging ? at('fs-bar-plus', bar.until === null ? bar.end - 1 : bar.until, null, '+') : null),
    el('div', { className: 'fs-window-years' }, years));
  const key = (className, text) => el('span', {}, el('i', { className: 'fs-key ' + className }), text);
  return el('div', {}, whole, el('p', { className: 'fs-keys', 'aria-hidden': 'true' },
    bar.start < bar.from ? key('fs-bar-lead', words.t('window.key.lead')) : null, key('fs-bar-free', words.t('window.key.free')),
    key('fs-bar-term', words.t('window.key.term', { term: words.n(window.term) })),
    bar.mark === null ? null : key('fs-bar-mark', words.t('window.key.mark')),
    window.bridging ? key('fs-bar-plus', words.t('window.key.bridging')) : null));
}
