// Opens what an address leads to, and everything or nothing when asked to.
// Without it a browser opens what it finds, and the reader the rest.

const parts = [...document.querySelectorAll(".reference details")];
const buttons = document.querySelector(".unfold");

function reveal() {
  const id = decodeURIComponent(location.hash.slice(1));
  const target = id && document.getElementById(id);
  let part = target && target.closest("details:not([open])");
  if (!part) return;
  while (part) {
    part.open = true;
    part = part.parentElement.closest("details:not([open])");
  }
  target.scrollIntoView();
}

buttons.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  for (const part of parts) part.open = button.value === "open";
});
buttons.hidden = false;
addEventListener("hashchange", reveal);
reveal();
