/**
 * What runs in the page: the wheel zooms around the pointer, dragging moves, a double click goes back. Dots and letters keep their
 * size, and a label shows where it meets none that shows already.
 */
export const pageScript = `
const svg = document.querySelector('.scatter');
const points = [...svg.querySelectorAll('.point')].map((node) => {
  const [x, y] = node.getAttribute('transform').match(/-?[\\d.]+/g).map(Number);
  const text = node.querySelector('text');
  text.classList.remove('hidden');
  const box = text.getBBox();
  return { node, text, x, y, box };
});
let view = { x: 0, y: 0, scale: 1 };
let waiting = false;
function draw() {
  waiting = false;
  const shown = new Map();
  for (const { node, text, x, y, box } of points) {
    const [px, py] = [x * view.scale + view.x, y * view.scale + view.y];
    node.setAttribute('transform', 'translate(' + px + ' ' + py + ')');
    const [left, top] = [px + box.x, py + box.y];
    const [right, bottom] = [left + box.width, top + box.height];
    const cells = [];
    for (let c = Math.floor(left / 60); c <= right / 60; c++) {
      for (let r = Math.floor(top / 60); r <= bottom / 60; r++) cells.push(c + ' ' + r);
    }
    const meets = cells.some((cell) => (shown.get(cell) || []).some((b) => b[0] < right && left < b[1] && b[2] < bottom && top < b[3]));
    text.classList.toggle('hidden', meets);
    if (meets) continue;
    for (const cell of cells) shown.set(cell, [...(shown.get(cell) || []), [left, right, top, bottom]]);
  }
}
function move(next) {
  view = next;
  if (!waiting) requestAnimationFrame(draw);
  waiting = true;
}
const at = (event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
svg.addEventListener('wheel', (event) => {
  event.preventDefault();
  const { x, y } = at(event);
  const scale = Math.min(80, Math.max(0.5, view.scale * Math.exp(-event.deltaY / 400)));
  const by = scale / view.scale;
  move({ x: x - (x - view.x) * by, y: y - (y - view.y) * by, scale });
}, { passive: false });
let from;
svg.addEventListener('pointerdown', (event) => {
  from = { at: at(event), view };
  svg.setPointerCapture(event.pointerId);
});
svg.addEventListener('pointermove', (event) => {
  if (!from) return;
  const to = at(event);
  move({ ...from.view, x: from.view.x + to.x - from.at.x, y: from.view.y + to.y - from.at.y });
});
for (const end of ['pointerup', 'pointercancel']) svg.addEventListener(end, () => { from = undefined; });
svg.addEventListener('dblclick', () => move({ x: 0, y: 0, scale: 1 }));
for (const { node } of points) node.addEventListener('pointerenter', () => node.parentNode.append(node));
draw();
`;
