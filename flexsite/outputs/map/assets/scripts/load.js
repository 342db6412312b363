// First of all, and the only script of ours that is not packed: opens the packed blocks of the page and runs the rest.
// What it puts on the page runs because its hash is in the page's policy.

function bytesOfBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

async function unpacked(id) {
  const bytes = bytesOfBase64(document.getElementById(id).textContent.trim());
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function run(code) {
  const script = document.createElement('script');
  script.textContent = new TextDecoder().decode(code);
  document.head.append(script); // it has run by the next line
  script.remove();
}

// The public face, complete once `ready` is settled; `main` gives it the rest and, for a moment, `begin`.
let settle;
const face = {
  ready: new Promise((done, failed) => { settle = { done, failed }; }),
  profiles: [],
  async start(map) {
    delete face.start;
    try {
      const [code, block] = await Promise.all([unpacked('fs-code'), unpacked('fs-data')]);
      run(code);
      const { begin } = face;
      if (!begin) throw new Error('the scripts of this page do not run in this browser');
      delete face.begin;
      await begin(map, block);
      settle.done(face);
    } catch (error) {
      const text = document.createElement('p');
      text.className = 'fs-empty';
      text.textContent = 'flexsite: ' + error;
      document.getElementById('fs-panel').replaceChildren(text);
      settle.failed(error);
    }
  },
};
window.flexsite = face;
