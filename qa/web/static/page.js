// The page's manners: Gradio's question box is put in its place, orders are given, keys and focus behave.
const find = (selector) => document.querySelector(selector);
const box = () => find("#question textarea");
const isTouched = matchMedia("(pointer: coarse)");
const LOAD_MS = 20_000;
const PATIENCE_MS = 15_000;
const MEND_MS = 100;

let isReady = false;
let waiting = null; // what the visitor did before the page could do it
let mending = 0;
let orders = 0; // makes the same order given twice a change

function write(field, text) {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function whenIdle(deed) {
  if (isReady && !document.body.classList.contains("busy")) deed();
  else waiting = deed;
}

const order = (text) => whenIdle(() => write(find("#command textarea, #command input"), `${++orders}:${text}`));
const ask = (question) => whenIdle(() => { write(box(), question); setTimeout(() => find("#send")?.click()); });

function speak(language) {
  history.replaceState(null, "", `?${new URLSearchParams({ ...Object.fromEntries(new URLSearchParams(location.search)), lang: language })}`);
  order(`language:${language}`);
}

const tools = {
  language: (button) => speak(button.dataset.language),
  restart: () => { find("#stop")?.click(); order("restart"); },
  reload: () => location.reload(),
};

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const tool = target?.closest("button[data-tool]");
  const example = target?.closest("[data-ask]");
  if (tool) tools[tool.dataset.tool]?.(tool);
  if (example) ask(example.dataset.ask);
  if (target?.closest("#send") && box().value.trim()) expect();
});

document.addEventListener("change", (event) => {
  if (event.target.matches?.("select[data-tool='language']")) speak(event.target.value);
});

// Before Gradio sees them: Enter that only ends a composition (of a Japanese word, say), and Enter with nothing to ask.
document.addEventListener("keydown", (event) => {
  if (event.target !== box()) return;
  if (event.key === "Escape" && document.body.classList.contains("busy")) find("#stop")?.click();
  const isSending = event.key === "Enter" && !event.shiftKey;
  if (!isSending) return;
  const isComposing = event.isComposing || event.keyCode === 229;
  const isBlank = !box().value.trim();
  const isHeld = isBlank || document.body.matches(".busy, .lost");
  if (isComposing || isHeld) event.stopPropagation();
  if (isComposing) return;
  if (isHeld) event.preventDefault();
  else expect();
  if (!isBlank && isHeld && !find(".turn[aria-busy='true']")) whenIdle(() => find("#send")?.click());
}, true);

// Whoever asks hears something soon, or that the connection is lost; Gradio doesn't always notice.
let patience = 0;
function expect() {
  clearTimeout(patience);
  patience = setTimeout(lose, PATIENCE_MS);
}
document.addEventListener("kysy:news", () => {
  clearTimeout(patience);
  if (find(".turn[aria-busy='true']")) expect();
});

// Focus is never lost: whatever had it and is gone hands it to the question box. Where that would open a keyboard
// over the answer, the question that was asked gets it.
let held = null;
document.addEventListener("focusin", (event) => { held = event.target; });
document.addEventListener("pointerdown", (event) => {
  if (!event.target.closest?.("a, button, select, summary, textarea, [tabindex]")) held = null;
});

function keepFocus() {
  if (document.activeElement !== document.body || !held) return;
  if (held.isConnected && held.checkVisibility()) return;
  const newest = [...document.querySelectorAll(".turn .question")].at(-1);
  (isTouched.matches && newest ? newest : box())?.focus({ preventScroll: true });
}

function settle() {
  if (!isReady && box() && find("#feed")?.textContent.trim()) join(); // not before Python has spoken
  if (isReady) keepFocus();
  const isBusy = document.body.classList.toggle("busy", Boolean(find("#stop")));
  if (isReady && !isBusy && waiting) {
    const deed = waiting;
    waiting = null;
    deed();
  }
  if (isReady && !isBusy && find(".turn[aria-busy='true']")) mending ||= setTimeout(mend, MEND_MS);
  if (find("gradio-app .toast-body")) lose(); // Gradio's own, English word for it is hidden
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
  isReady = true;
  document.body.classList.add("ready");
  document.dispatchEvent(new Event("kysy:ready"));
  if (!isTouched.matches && document.activeElement === document.body) box().focus({ preventScroll: true });
}

// A turn that was stopped is drawn as far as it had come.
function mend() {
  mending = 0;
  if (find(".turn[aria-busy='true']")) order("stopped");
}

function lose() {
  clearTimeout(patience);
  if (document.body.classList.contains("lost")) return;
  document.body.classList.add("lost");
  for (const turn of document.querySelectorAll(".turn[aria-busy='true']")) turn.setAttribute("aria-busy", "false");
  const notices = find("#notices");
  if (!isReady) find("#room").prepend(notices);
  find("#lost").hidden = false;
}

document.addEventListener("kysy:lost", lose);
setTimeout(() => { if (!isReady) lose(); }, LOAD_MS);
new MutationObserver(settle).observe(document.body, { childList: true, subtree: true, characterData: true });
settle();
