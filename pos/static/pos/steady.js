// What is drawn anew between the press and the release of a finger would swallow the tap: it is
// drawn after it, by `again()`. `id`: what is drawn anew in `place`.

export function keepSteady(place, again, id = place.id) {
  let isPressed = false;
  let isBehind = false;
  place.addEventListener("pointerdown", () => {
    isPressed = true;
  });
  place.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!isPressed || detail.target.id !== id) return;
    detail.shouldSwap = false;
    isBehind = true;
  });
  // The click comes right behind the release.
  const release = () => setTimeout(() => {
    isPressed = false;
    if (!isBehind) return;
    isBehind = false;
    again();
  });
  addEventListener("pointerup", release);
  addEventListener("pointercancel", release);
}
