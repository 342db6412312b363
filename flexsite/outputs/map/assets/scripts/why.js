// "Why not here": the rules that took a spot, in their order, with what they took and what they rest on.

function whyContent(app, place) {
  const { words } = app;
  const grid = words.noun === 'cells';
  const ha = (m2) => words.n(m2 / 1e4, 2) + '\u00a0ha';
  const candidates = [...new Set(place.excluded.map((rule) => rule.candidate_id).filter(Boolean))];
  const told = (rule) => [
    candidates.length > 1 && [words.t(grid ? 'card.candidate.cells' : 'card.candidate'), rule.candidate_id],
    rule.area_m2 ? [words.t('why.turn'), ha(rule.area_m2)] : null,
    rule.touched_m2 && Math.abs(rule.touched_m2 - (rule.area_m2 || 0)) >= 1 ? [words.t('why.under'), ha(rule.touched_m2)] : null,
  ];
  const others = place.excluded.filter((rule) => !rule.turn).length;
  return [
    el('h2', {}, words.t('why.title')), coordinates(words, place),
    candidates.length === 1 ? rows([[words.t(grid ? 'card.candidate.cells' : 'card.candidate'), candidates[0]]]) : null,
    el('p', {}, words.t('why.' + place.reason)),
    place.excluded.length ? el('ol', { className: 'fs-rules' }, place.excluded.map((rule) => ruleItem(words, rule, told(rule)))) : null,
    others ? el('p', { className: 'fs-note' }, words.t('why.others')) : null,
    place.precision ? el('p', { className: 'fs-note' }, words.t('why.cell', { cell: words.n(place.precision, 0) })) : null,
    place.reason === 'taken' ? el('p', {}, el('button', { type: 'button', onclick: () => app.show('waterfall') }, words.t('why.whatif'))) : null,
  ];
}
