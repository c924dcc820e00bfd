// The page's manners: Gradio's question box is put in its place, orders are given, keys and focus behave.
const find = (selector) => document.querySelector(selector);
const box = () => find("#question textarea");
const isTouched = matchMedia("(pointer: coarse)");
const LOAD_MS = 20_000;
const PATIENCE_MS = 15_000;
const NUDGE_MS = 1_500;

const body = document.body.classList; // "busy" from sending a question until its answer is complete, "lost", "ready"
const waiting = new Map(); // what the visitor did before the page could do it: kind → deed
const toasts = new WeakSet();
let isOrdering = false;
let stopping = ""; // "wanted" before there is anything to stop, then "told"
let asked = ""; // as it stood in the box, where another may be typed already
let orders = 0; // makes the same order given twice a change
let patience = 0;
let nudging = 0;

function write(field, text) {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function whenIdle(kind, deed) {
  waiting.delete(kind); // the last of a kind counts
  waiting.set(kind, deed);
  act();
}

function act() {
  if (!waiting.size || !body.contains("ready") || body.contains("busy") || isOrdering) return;
  const [kind, deed] = waiting.entries().next().value;
  waiting.delete(kind);
  deed();
  setTimeout(act);
}

function order(kind, value = "") {
  whenIdle(kind, () => {
    isOrdering = true;
    expect();
    tell(kind, value);
  });
}

const tell = (kind, value) => write(find("#command textarea, #command input"), `${++orders}:${kind}:${value}`);

function ask(question) {
  if (body.contains("busy")) return;
  whenIdle("ask", () => { write(box(), question); setTimeout(() => find("#send").click()); });
}

function speak(language) {
  history.replaceState(null, "", `?${new URLSearchParams({ ...Object.fromEntries(new URLSearchParams(location.search)), lang: language })}`);
  order("language", language);
}

const tools = {
  language: (button) => speak(button.dataset.language),
  restart: () => { if (body.contains("busy")) find("#stop").click(); order("restart"); },
  reload: () => location.reload(),
};

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const tool = target?.closest("button[data-tool]");
  const example = target?.closest("[data-ask]");
  if (tool) tools[tool.dataset.tool]?.(tool);
  if (example) ask(example.dataset.ask);
});

document.addEventListener("change", (event) => {
  if (event.target.matches?.("select[data-tool='language']")) speak(event.target.value);
});

// What follows is heard before Gradio hears it. A question is sent once, and stopped once Gradio knows what to stop.
document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("#send, #stop");
  if (button?.id === "send") send(event);
  if (button?.id !== "stop") return;
  stopping = find(".turn[aria-busy='true']") ? "told" : "wanted";
  if (stopping === "wanted") event.stopPropagation();
  expect();
}, true);

document.addEventListener("keydown", (event) => {
  if (event.target !== box()) return;
  if (event.key === "Escape" && body.contains("busy")) find("#stop").click();
  if (event.key !== "Enter" || event.shiftKey) return;
  // That Enter only ends a composition (of a Japanese word, say).
  if (event.isComposing || event.keyCode === 229) event.stopPropagation();
  else send(event);
}, true);

function send(event) {
  const isHeld = body.contains("lost") || body.contains("busy") && !stopping;
  const isAsking = box().value.trim() && !isHeld;
  if (isAsking && !isOrdering && !stopping) {
    asked = box().value;
    body.add("busy");
    expect();
    keepFocus();
    return;
  }
  event.preventDefault();
  event.stopPropagation();
  if (isAsking) whenIdle("ask", () => find("#send").click());
}

document.addEventListener("kysy:news", ({ detail: news }) => {
  if (news.lost) { lose(); return; }
  regain();
  cease();
  if (news.answering === undefined) isOrdering = false;
  else body.toggle("busy", news.answering);
  if (news.turns && asked && box().value === asked) write(box(), "");
  if (news.answering !== undefined) asked = "";
  if (body.contains("busy") || isOrdering) expect();
  if (!body.contains("busy")) stopping = "";
  if (stopping === "wanted") find("#stop").click();
  keepFocus();
  act();
});

// Whoever does something hears of it soon, or that the connection is lost; Gradio doesn't always notice.
function expect() {
  cease();
  patience = setTimeout(lose, PATIENCE_MS);
  nudging = setInterval(() => tell("nudge", ""), NUDGE_MS);
}

// Gradio closes its stream of news when it thinks that nothing is to come, and may be wrong: another order opens it.
function cease() {
  clearTimeout(patience);
  clearInterval(nudging);
}

// Focus is never lost: whatever had it and is gone hands it to the question box. Where that would open a keyboard
// over the answer, the question that was asked gets it.
let held = null;
document.addEventListener("focusin", (event) => { held = event.target; });
document.addEventListener("pointerdown", (event) => {
  if (!event.target.closest?.("a, button, select, summary, textarea, [tabindex]")) held = null;
});

function keepFocus() {
  if (!held || held.isConnected && held.checkVisibility()) return;
  if (document.activeElement !== document.body && document.activeElement !== held) return;
  const newest = [...document.querySelectorAll(".turn .question")].at(-1);
  (isTouched.matches && newest ? newest : box())?.focus({ preventScroll: true });
}

function settle() {
  if (!body.contains("ready") && box() && find("#feed")?.textContent.trim()) join(); // not before Python has spoken
  if (body.contains("ready")) keepFocus();
  for (const toast of document.querySelectorAll("gradio-app .toast-body")) { // Gradio's own, English word is hidden
    if (!toasts.has(toast)) lose();
    toasts.add(toast);
  }
}

// Gradio's main part becomes the page's: our conversation before its question box.
function join() {
  const main = find("gradio-app main");
  const dock = find("#composer").parentElement;
  dock.id = "dock";
  dock.before(find("#log"));
  dock.prepend(find("#notices"));
  find("#room").remove();
  main.id = "room";
  main.tabIndex = -1;
  box().setAttribute("aria-describedby", "hint");
  box().setAttribute("enterkeyhint", "send");
  body.add("ready");
  document.dispatchEvent(new Event("kysy:ready"));
  if (!isTouched.matches && document.activeElement === document.body) box().focus({ preventScroll: true });
}

function lose() {
  cease();
  waiting.clear();
  isOrdering = false;
  stopping = "";
  body.remove("busy");
  body.add("lost");
  for (const turn of document.querySelectorAll(".turn[aria-busy='true']")) turn.setAttribute("aria-busy", "false");
  if (!body.contains("ready")) find("#room").prepend(find("#notices"));
  find("#lost").hidden = false;
}

// It was only slow.
function regain() {
  body.remove("lost");
  find("#lost").hidden = true;
}

setTimeout(() => { if (!body.contains("ready")) lose(); }, LOAD_MS);
new MutationObserver(settle).observe(document.body, { childList: true, subtree: true, characterData: true });
settle();
