// The page's manners: examples ask, tools act, addresses are copied, the reader's place is kept.
const find = (selector) => document.querySelector(selector);

function type(selector, text) {
  const field = find(`${selector} textarea, ${selector} input`);
  if (!field) return;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

// The count makes the same order given twice a change.
let orders = 0;
const order = (text) => type("#command", `${++orders}:${text}`);
const ask = (text) => type("#example", `${++orders}:${text}`);

const tools = {
  about: () => find("dialog.about")?.showModal(),
  close: () => find("dialog.about")?.close(),
  restart: () => { order("restart"); find("#question textarea, #question input")?.focus(); },
};

document.addEventListener("click", async (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const tool = target?.closest("button[data-tool]");
  const example = target?.closest("[data-ask]");
  const copy = target?.closest("[data-copy]");
  if (tool) tools[tool.dataset.tool]?.();
  if (example) ask(example.dataset.ask);
  if (copy) {
    await navigator.clipboard?.writeText(copy.dataset.copy).catch(() => {});
    const label = copy.querySelector("span");
    const before = label.textContent;
    label.textContent = copy.dataset.copied;
    setTimeout(() => { label.textContent = before; }, 2000);
  }
  if (target?.matches("dialog.about")) target.close(); // a click beside the sheet
});

document.addEventListener("change", (event) => {
  if (event.target.matches?.("select[data-tool='language']")) order(`language:${event.target.value}`);
});

const isCalm = matchMedia("(prefers-reduced-motion: reduce)");
let turns = 0;

function settle() {
  const bar = find("#header .bar");
  if (bar) {
    document.documentElement.lang = bar.dataset.language;
    if (document.title !== bar.dataset.title) document.title = bar.dataset.title; // else this observer sees it, for ever
  }
  const live = find("#live");
  if (live && !live.hasAttribute("role")) { live.setAttribute("role", "status"); live.setAttribute("aria-live", "polite"); }
  const all = document.querySelectorAll("#log .turn");
  if (all.length > turns) { // a new question: show it at the top of what is visible
    all[all.length - 1].scrollIntoView({ block: "start", behavior: isCalm.matches ? "auto" : "smooth" });
  }
  turns = all.length;
}

new MutationObserver(settle).observe(document.documentElement, { childList: true, subtree: true });
settle();
