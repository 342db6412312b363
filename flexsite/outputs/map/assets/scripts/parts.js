// Where the parts of the page stand: each file of a part adds itself here, and `main.js` puts them together.

const PARTS = {
  tabs: [], // {id, content(app), update(app, body)}: a tab of the panel, in the order of the page's scripts; with `update` its fields stay when numbers change
  card: [], // {order, content(app, place)}: a section of the card, or null; sections stand by rising order
  tools: [], // {content(app), below}: a button or field under the head of the panel, or below the group and its sums
  kept: [], // {key, read(app), write(app, text)}: what a permalink keeps; read gives text, or null for the default
  watch: [], // function(app, what): told after 'ready', 'profile', 'weights', 'bounds', 'filter', 'order', 'classes', 'place', 'tab', 'language', 'layers'
  face: [], // {name, call(app, ...given)}: a function of window.flexsite
};

function part(kind, item) {
  PARTS[kind].push(item);
}
