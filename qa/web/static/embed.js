// The conversation in the widget. It lives in this page's memory; in sessionStorage only if the host asks for it, and
// not before the visitor's first question. docs/widget.md describes the messages to and from the host.
import { contrast, parsed, readable, written } from "./colour.js";
import { copyFrom } from "./copying.js";
import { isFramed, listen, tell } from "./host.js";
import { doubt, goOn, judge } from "./judging.js";
import { host, ownPage, send, take, words } from "./service.js";
import { events } from "./stream.js";

const MAX_TURNS = 10, MAX_KEPT = 30;
const find = (selector, within = document) => within.querySelector(selector);
const isDark = matchMedia("(prefers-color-scheme: dark)");
const isTouch = matchMedia("(pointer: coarse)");
const log = find("#log");

let turns = []; // {question, html, id, turn}
let asking = null; // the AbortController of the question being answered
let accent = null, greeting = null, isKept = false;

/* ---- the conversation ---- */

async function ask(text) {
  const question = text.trim().slice(0, find("#question").maxLength);
  if (!question) return;
  if (asking) {
    find("#question").value ||= question; // asked by the host, meanwhile: the visitor may send it
    return;
  }
  asking = new AbortController();
  goOn();
  const article = place(question);
  busy(true);
  say("");
  try {
    const told = await answered(question, article);
    asking.signal.throwIfAborted(); // deleted in the meantime
    const turn = { question, html: told.html, id: told.smalltalk ? null : told.id, turn: told.turn };
    turns.push(turn);
    draw(article, turn);
    keep();
    say(announcement(told));
    tell({ type: "answer", id: told.id, status: told.status, language: told.language });
  } catch (error) {
    if (error.name === "AbortError") note(article, "stopped", words.stopped);
    else {
      say(note(article, "fault", error.told || words.fault).textContent);
      find("#question").value ||= question; // to be sent again without writing it again
    }
  } finally {
    asking = null;
    article.removeAttribute("aria-busy");
    busy(false);
    invite();
    show(article);
  }
}

/** The whole answer; its text is shown as it comes. Throws an error with `told`, the words for the visitor. */
async function answered(question, article) {
  const history = turns.map((turn) => turn.turn).filter(Boolean).slice(-MAX_TURNS);
  const request = { question, history, page_language: words.language, draw: words.language };
  const response = await send("api/ask", request, { signal: asking.signal, accept: "text/event-stream" });
  let whole = null;
  for await (const { name, data } of events(response)) {
    if (name === "answer") grow(article, data);
    if (name === "error") throw Object.assign(new Error(name), { told: data.error?.message || data.message });
    if (name === "done") whole = data;
  }
  if (!whole) throw new Error("the answer has no end");
  return whole;
}

function place(question) {
  const article = find("#turn").content.cloneNode(true).firstElementChild;
  find("bdi", article).textContent = question;
  log.append(article);
  document.body.classList.add("talking");
  show(article);
  return article;
}

/** The question on top and its reply below; the reply alone where a long question leaves no room for it. */
function show(article) {
  const isLong = find(".question", article).offsetHeight > innerHeight / 3;
  (isLong ? find(".reply", article) : article).scrollIntoView({ block: "start" });
}

function grow(article, { text, language }) {
  let said = find(".said", article);
  if (!said) {
    said = note(article, "said", "");
    Object.assign(said, { lang: language, dir: "auto" });
  }
  said.append(text);
}

function note(article, kind, text) {
  const line = document.createElement("p");
  line.className = kind;
  line.textContent = text;
  find(".searching", article)?.remove();
  find(".reply", article).append(line);
  return line;
}

/** A complete turn: the reply as the service drew it, and whether it helped; of a greeting that isn't asked. */
function draw(article, { html, id }) {
  const drawn = document.createElement("template");
  drawn.innerHTML = html; // made by `render`, which escapes everything that people wrote
  find(".reply", article).replaceWith(drawn.content);
  if (!id) return;
  const judging = find("#judging").content.cloneNode(true);
  judging.firstElementChild.dataset.id = id;
  article.append(judging);
}

function announcement({ answer, citations, notice }) {
  const told = citations.length ? words.announce.replace("{answer}", () => answer).replace("{title}", () => citations[0].title) : answer;
  return [notice, told].filter(Boolean).join(" ");
}

const say = (text) => { find("#status").textContent = text; };

function busy(isBusy) {
  const [hidden, shown] = isBusy ? [find("#send"), find("#stop")] : [find("#stop"), find("#send")];
  const hadFocus = document.activeElement === hidden;
  shown.hidden = false;
  if (hadFocus) shown.focus();
  hidden.hidden = true;
}

/** For the next question; not out of the host's page, should the visitor have gone there. */
function invite() {
  const isIdle = [document.body, find("#send")].includes(document.activeElement);
  if (isIdle && document.hasFocus() && !isTouch.matches) find("#question").focus();
}

/* ---- what is kept, and what is deleted ---- */

const memory = `kysy ${host}`;

function keep() {
  if (!isKept) return;
  try {
    sessionStorage.setItem(memory, JSON.stringify(turns.slice(-MAX_KEPT)));
  } catch { /* full or forbidden: then it is not kept */ }
}

function recall() {
  try {
    turns = JSON.parse(sessionStorage.getItem(memory)) || [];
  } catch {
    turns = [];
  }
  for (const turn of turns) draw(place(turn.question), turn);
}

function forget() {
  asking?.abort();
  goOn();
  turns = [];
  log.replaceChildren();
  document.body.classList.remove("talking");
  try {
    sessionStorage.removeItem(memory);
  } catch { /* forbidden: then nothing is there */ }
  say(words.deleted);
  find("#question").focus();
}

/* ---- language ---- */

async function speak(language) {
  const page = await ownPage(language).catch(() => null);
  if (!page) {
    find("#language").value = words.language;
    say(words.fault);
    return;
  }
  take(page);
  const { value } = find("#question");
  document.documentElement.lang = words.language;
  document.title = page.title;
  for (const part of document.querySelectorAll("[data-part]")) part.replaceWith(find(`[data-part="${part.dataset.part}"]`, page));
  log.setAttribute("aria-label", find("#log", page).getAttribute("aria-label"));
  find("#question").value = value;
  busy(Boolean(asking));
  settle();
}

/** What the host asked for, put into parts that may just have been drawn anew. */
function settle() {
  find("#close").hidden = !isFramed;
  if (greeting) find(".welcome h2").textContent = greeting;
}

function tint() {
  if (!accent) return;
  const { theme } = document.documentElement.dataset;
  const onDark = theme === "dark" || (theme !== "light" && isDark.matches);
  const colour = readable(accent, parsed(onDark ? "#1a2436" : "#f4f6f8"));
  const [white, ink] = [parsed("#ffffff"), parsed("#0f1726")];
  const { style } = document.documentElement;
  style.setProperty("--lake", written(colour));
  style.setProperty("--on-lake", written(contrast(colour, white) >= contrast(colour, ink) ? white : ink));
  style.setProperty("--mark", `color-mix(in srgb, ${written(colour)} ${onDark ? 35 : 18}%, ${onDark ? "#0f1726" : "#ffffff"})`);
}

/* ---- the host ---- */

const heard = {
  __proto__: null,
  hello(told) {
    accent = /^#[0-9a-f]{6}$/.test(told.accent) ? parsed(told.accent) : null;
    greeting = typeof told.greeting === "string" ? told.greeting.slice(0, 300) : null;
    isKept = told.keep === true;
    if (isKept && !turns.length) recall();
    tint();
    settle();
  },
  open({ focus }) {
    if (focus) find(isTouch.matches ? "#title" : "#question").focus({ preventScroll: true });
  },
  ask({ text }) {
    if (typeof text === "string") ask(text);
  },
  language({ language }) {
    if (language !== words.language) speak(String(language));
  },
};

/* ---- what the visitor does ---- */

const deeds = {
  close: () => tell({ type: "close" }),
  delete: forget,
  stop: () => asking?.abort(),
  up: (button) => judge(button.form, "up"),
  down: (button) => doubt(button.form),
};

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("button");
  if (!button) return;
  deeds[button.dataset.do]?.(button);
  if (button.dataset.ask) ask(button.dataset.ask);
  if (button.dataset.copy) copyFrom(button, button.dataset.copy).then(say);
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  if (form.id !== "composer") {
    judge(form, "down", find("textarea", form).value.trim());
    return;
  }
  if (asking) return;
  ask(find("#question").value);
  find("#question").value = "";
});

document.addEventListener("change", ({ target }) => {
  if (target.id === "language") speak(target.value).then(() => find("#language").focus());
});

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Escape") tell({ type: "close" });
  if (event.key !== "Enter" || event.shiftKey || event.target.id !== "question") return;
  event.preventDefault();
  find("#composer").requestSubmit();
});

addEventListener("pagehide", goOn);
listen(heard);
isDark.addEventListener("change", tint);
settle();
tell({ type: "ready" });
