// Couples each number with a slider, and shows the board as it would be while
// one tries. Without it the form is sent when one is done.

const form = document.querySelector("form.what-if");
const said = form.querySelector(".said");

// Who moves a slider by keys asks once, at its end.
const PAUSE = 300;

let pause;
let asking;

function tell(slider, number) {
  slider.value = number.value || 0;
  const value = number.value.trim();
  const words = value === "" ? "without" : `${value} ${slider.dataset.unit}`;
  const now = number.dataset.present;
  slider.setAttribute("aria-valuetext", value === now ? words : `${words}, now ${now}`);
}

function mark(number) {
  const changed = number.value.trim() !== number.dataset.present;
  number.classList.toggle("changed", changed);
  number.closest(".field").querySelector(".now").hidden = !changed;
}

for (const slider of form.querySelectorAll(".slider")) {
  const number = document.getElementById(slider.dataset.number);
  tell(slider, number);
  slider.disabled = false;
  slider.addEventListener("input", () => {
    number.value = slider.value;
    tell(slider, number);
    mark(number);
  });
  number.addEventListener("input", () => {
    tell(slider, number);
    mark(number);
  });
}

function address() {
  const pairs = new FormData(form);
  // What is as it is now need not be said.
  for (const field of form.querySelectorAll("[data-present]")) {
    if (field.value.trim() === field.dataset.present) pairs.delete(field.name);
  }
  // Nor what is left open; a rule that is emptied is one that is taken back.
  for (const [name, value] of [...pairs]) {
    if (value === "" && form.elements[name].dataset.present === undefined) pairs.delete(name);
  }
  const asked = new URL(form.action);
  asked.search = new URLSearchParams(pairs);
  return asked;
}

function replace(next) {
  const summary = next.querySelector("[data-summary]")?.textContent ?? "";
  const faulty = next.querySelector(".faults") !== null;
  for (const name of ["faults", "outcome"]) {
    const part = `[data-part="${name}"]`;
    document.querySelector(part).replaceWith(next.querySelector(part));
  }
  said.textContent = faulty ? "This cannot be a policy yet." : summary;
}

async function show() {
  asking?.abort();
  const own = new AbortController();
  asking = own;
  said.textContent = "Counting …";
  try {
    const asked = address();
    const answer = await fetch(asked, { signal: own.signal });
    // A policy that cannot be is a page as well, which says why.
    if (!answer.ok && answer.status !== 400) throw new Error(answer.statusText);
    const text = await answer.text();
    replace(new DOMParser().parseFromString(text, "text/html"));
    history.replaceState(null, "", asked);
  } catch {
    if (!own.signal.aborted) said.textContent = "The board cannot be shown now; try it again.";
  }
}

form.addEventListener("change", () => {
  clearTimeout(pause);
  pause = setTimeout(show, PAUSE);
});
