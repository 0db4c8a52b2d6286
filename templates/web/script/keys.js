// Keys that save way. They do nothing while something is being typed, and can be
// switched off on the sheet that ? opens (WCAG 2.1.4).
(() => {
  const sheet = document.getElementById("keys");
  if (!sheet) return;
  const button = document.getElementById("keys-button");
  const wish = document.getElementById("keys-on");
  const off = "deskpost-keys-off";
  let on = true;
  try { on = localStorage.getItem(off) === null; } catch { /* a browser that keeps nothing: they are on */ }
  button.hidden = false;
  wish.checked = on;
  button.addEventListener("click", () => sheet.showModal());
  wish.addEventListener("change", () => {
    on = wish.checked;
    try {
      if (on) localStorage.removeItem(off);
      else localStorage.setItem(off, "yes");
    } catch { /* then it holds for this page */ }
  });

  // What j and k go through: the tickets of a list, or the entries of a thread.
  const stops = () => [...document.querySelectorAll(".queue tbody .subject a, .thread .entry")];
  const here = () => stops().findIndex((stop) => stop.contains(document.activeElement) || stop.closest("tr")?.contains(document.activeElement));
  const step = (by) => {
    const all = stops();
    if (all.length === 0) return;
    const at = here();
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
    if (!next.matches("a")) next.tabIndex = -1;
    next.focus();
  };
  const tick = () => {
    const box = document.activeElement.closest("tr")?.querySelector("input[type=checkbox]");
    if (box) box.checked = !box.checked;
  };
  const focus = (id) => {
    const field = document.getElementById(id);
    if (!field) return;
    field.focus();
    field.select?.();
  };
  const write = (kind) => {
    const choice = document.querySelector(`.composer input[name=kind][value=${kind}]`);
    if (!choice) return;
    choice.click();
    focus("text");
  };
  const go = { m: "mine", u: "unassigned", d: "overdue", o: "new open", w: "pending hold" };
  const keys = {
    "?": () => sheet.showModal(),
    "/": () => (document.getElementById("q") ? focus("q") : location.assign("/tickets?q=mine#q")),
    j: () => step(1),
    k: () => step(-1),
    x: tick,
    r: () => write("reply"),
    n: () => write("note"),
    c: () => focus(document.getElementById("commands") ? "commands" : "bulk"),
    e: () => {
      const line = document.getElementById("commands");
      if (!line) return;
      if (!line.value.includes("#resolve")) line.value = (line.value + " #resolve").trim();
      line.focus();
    },
  };
  let began = 0; // when g was pressed: another key makes it a place to go to
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (!on || typing || sheet.open || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const key = event.key;
    if (began && event.timeStamp - began < 1500) {
      began = 0;
      if (go[key]) {
        event.preventDefault();
        location.assign("/tickets?q=" + encodeURIComponent(go[key]));
      }
      return;
    }
    if (key === "g") {
      began = event.timeStamp;
      return;
    }
    if (Object.hasOwn(keys, key)) {
      event.preventDefault();
      keys[key]();
    }
  });
})();
