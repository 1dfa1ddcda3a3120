// Where the keyboard is: focus never falls to the page when what has it is drawn anew or goes.

const FOCUSABLE = "a[href], button:not(:disabled), input:not([tabindex='-1']), select, textarea";
let trail = null; // of what has the focus

/** Where an element stands: its ancestors, and its place among the children of each. */
function trailOf(element) {
  const steps = [];
  for (let at = element; at?.parentElement; at = at.parentElement) {
    steps.push({ parent: at.parentElement, index: [...at.parentElement.children].indexOf(at) });
  }
  const alike = (one) => one.className === element.className && one.dataset.says === element.dataset.says;
  return { element, steps, alike };
}

/** What stands where a trail leads: the element, one like it in its place, or what is nearest. */
function nearest({ element, steps, alike }) {
  const shown = (one) => one.checkVisibility();
  if (element.isConnected && shown(element)) return element;
  for (const { parent, index } of steps) {
    if (!parent.isConnected) continue;
    const place = parent.children[Math.min(index, parent.children.length - 1)];
    const inside = (root) => (root ? [root, ...$$("*", root)].filter((one) => one.matches(FOCUSABLE) && shown(one)) : []);
    const [here, around] = [inside(place), inside(parent)];
    const found = here.find(alike) ?? here[0] ?? around.find(alike) ?? around[0];
    if (found) return found;
  }
  return box();
}

/** Puts the focus where a trail leads, where nothing else has it. */
function follow(lost) {
  const has = document.activeElement;
  if (has && has !== document.body && has.isConnected && has.checkVisibility()) return;
  (lost ? nearest(lost) : box()).focus({ preventScroll: true });
}

function keepFocus() {
  document.addEventListener("focusin", ({ target }) => { trail = trailOf(target); });
  document.addEventListener("focusout", ({ target }) => {
    queueMicrotask(() => { if (target.isConnected && trail?.element === target) trail = null; }); // left, not lost
  });
  new MutationObserver(() => {
    if (trail && !trail.element.isConnected) follow(trail);
  }).observe(document.body, { childList: true, subtree: true });
}
