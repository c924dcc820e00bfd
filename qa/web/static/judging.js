// “Did this help?” under each answer.
import { tell } from "./host.js";
import { send, words } from "./service.js";

const find = (selector, within) => within.querySelector(selector);

export async function judge(form, verdict, comment = "") {
  const { id } = form.dataset;
  delete form.dataset.waits;
  const body = { id, verdict, comment, language: words.language };
  const error = await send("api/feedback", body, { keepalive: true }).then(() => null, (fault) => fault);
  find(".verdicts", form).hidden = !error;
  find(".remark", form).hidden = true;
  find(".thanks", form).textContent = error ? error.told || words.fault : words.thanks;
  if (!error) tell({ type: "feedback", id, verdict });
  if (!error && comment) find("#question", document).focus();
}

/** A “no” may be explained, so it waits; unexplained it counts as well, once the visitor goes on. */
export function doubt(form) {
  form.dataset.waits = "true";
  find(".verdicts", form).hidden = true;
  find(".remark", form).hidden = false;
  find("textarea", form).focus();
}

export function goOn() {
  for (const form of document.querySelectorAll("form[data-waits]")) judge(form, "down");
}
