// Copying an answer or an address, and sharing the conversation as text.
import { copyFrom } from "./copying.js";

const KEPT_MS = 2_000;
const tell = (text) => document.dispatchEvent(new CustomEvent("kysy:say", { detail: text }));

function transcript(title) {
  const turns = [...document.querySelectorAll(".turn")].map((turn) => {
    const reply = turn.querySelector(".deeds [data-copy]")?.dataset.copy ?? turn.querySelector(".reply").innerText.trim();
    return `» ${turn.querySelector(".question bdi").textContent}\n\n${reply}`;
  });
  return [title, ...turns].join("\n\n――――――\n\n");
}

async function share(button) {
  const title = document.title;
  const text = transcript(`${title} – ${button.dataset.dated}`);
  if (navigator.share) {
    await navigator.share({ title, text }).catch(() => {}); // closing the menu is no fault
    return;
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  link.download = `${title} ${new Date().toISOString().slice(0, 10)}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
  tell(button.dataset.saved);
}

document.addEventListener("click", (event) => {
  const copied = event.target.closest?.("[data-copy]");
  const shared = event.target.closest?.("[data-tool='share']");
  if (copied) copyFrom(copied, copied.dataset.copy).then(tell);
  if (shared) share(shared);
});
