"use strict";
(() => {
  const LARGE = 300;
  const tree = document.getElementById("map");
  const search = document.getElementById("search");
  const attention = document.getElementById("attention");
  const found = document.getElementById("found");
  const nodes = Array.from(tree.querySelectorAll("[role=treeitem]"), (element) => ({
    element,
    name: element.firstElementChild.querySelector(".name").textContent.toLowerCase(),
    wants: element.hasAttribute("data-attention"),
    opens: element.hasAttribute("aria-expanded"),
    parent: null,
    wasOpen: true,
  }));
  const byElement = new Map(nodes.map((node) => [node.element, node]));
  for (const node of nodes) {
    node.parent = byElement.get(node.element.parentElement.closest("[role=treeitem]")) || null;
  }
  if (!nodes.length) return;
  let current = nodes[0];
  let filtering = false;

  const isOpen = (node) => node.element.getAttribute("aria-expanded") === "true";
  const setOpen = (node, open) => node.opens && node.element.setAttribute("aria-expanded", String(open));
  const isShown = (node) => {
    if (node.element.hidden) return false;
    for (let above = node.parent; above; above = above.parent) if (!isOpen(above)) return false;
    return true;
  };
  const moveTo = (node) => {
    if (!node) return;
    current.element.tabIndex = -1;
    current = node;
    current.element.tabIndex = 0;
    current.element.focus({ preventScroll: true }); // it holds all that is below it, which may be taller than the screen
    current.element.firstElementChild.scrollIntoView({ block: "nearest" });
  };
  const step = (from, direction) => {
    for (let at = from + direction; at >= 0 && at < nodes.length; at += direction) {
      if (isShown(nodes[at])) return nodes[at];
    }
    return null;
  };
  const first = () => step(-1, 1);
  // The one place in the tab order must be a line that is there.
  const keepCurrent = () => {
    if (isShown(current)) return;
    current.element.tabIndex = -1;
    current = first() || nodes[0];
    current.element.tabIndex = 0;
  };

  const filter = () => {
    const word = search.value.trim().toLowerCase();
    const wanted = attention.getAttribute("aria-pressed") === "true";
    const active = word !== "" || wanted;
    if (active && !filtering) for (const node of nodes) node.wasOpen = node.opens && isOpen(node);
    let count = 0;
    for (const node of nodes) {
      node.matches = active && node.name.includes(word) && (!wanted || node.wants);
      node.below = false;
      node.within = Boolean(node.parent && (node.parent.matches || node.parent.within));
      if (node.matches) count += 1;
    }
    for (let at = nodes.length - 1; at >= 0; at -= 1) {
      const node = nodes[at];
      if (node.parent && (node.matches || node.below)) node.parent.below = true;
    }
    for (const node of nodes) {
      node.element.hidden = active && !node.matches && !node.below && !node.within;
      if (active) setOpen(node, node.below || node.matches || node.within);
      else if (filtering) setOpen(node, node.wasOpen);
    }
    filtering = active;
    found.textContent = active ? `${count} of ${nodes.length} lines match` : "";
    keepCurrent();
  };
  const clear = () => {
    search.value = "";
    attention.setAttribute("aria-pressed", "false");
    filter();
  };
  const all = (open) => {
    for (const node of nodes) setOpen(node, open || !node.parent);
    keepCurrent();
  };

  const KEYS = {
    ArrowDown: (at) => moveTo(step(at, 1)),
    ArrowUp: (at) => moveTo(step(at, -1)),
    Home: () => moveTo(first()),
    End: () => moveTo(step(nodes.length, -1)),
    ArrowRight: (at) => {
      if (!current.opens) return;
      if (isOpen(current)) moveTo(step(at, 1));
      else setOpen(current, true);
    },
    ArrowLeft: () => {
      if (current.opens && isOpen(current)) setOpen(current, false);
      else moveTo(current.parent);
    },
    Enter: () => setOpen(current, !isOpen(current)),
    " ": () => setOpen(current, !isOpen(current)),
  };
  tree.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act(nodes.indexOf(current));
  });
  tree.addEventListener("focusin", (event) => {
    const node = byElement.get(event.target);
    if (!node || node === current) return;
    current.element.tabIndex = -1;
    current = node;
    current.element.tabIndex = 0;
  });
  tree.addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (!row || String(getSelection()) !== "") return; // marking a name to copy it is no click
    const node = byElement.get(row.parentElement);
    setOpen(node, !isOpen(node));
    moveTo(node);
  });
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "/" && document.activeElement !== search) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "Escape" && filtering) {
      clear();
    }
  });
  search.addEventListener("input", filter);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "ArrowDown") return;
    event.preventDefault();
    moveTo(nodes.find((node) => node.matches && isShown(node)) || first());
  });
  attention.addEventListener("click", () => {
    attention.setAttribute("aria-pressed", String(attention.getAttribute("aria-pressed") !== "true"));
    filter();
  });
  document.getElementById("open").addEventListener("click", () => all(true));
  document.getElementById("close").addEventListener("click", () => all(false));
  // Everything is open without this script, and in a small map with it.
  if (nodes.length > LARGE) for (const node of nodes) if (node.parent) setOpen(node, false);
})();
