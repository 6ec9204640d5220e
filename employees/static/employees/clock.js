// The clock's page: the time of day, the digits, and back to the start when somebody walks away.

const LEAVE_AFTER_S = 50;
const now = document.getElementById("now");
const pad = document.getElementById("pad");
const stay = document.querySelector("[data-leave]");

if (now) {
  const zone = { timeZone: now.dataset.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const tick = () => { now.textContent = new Date().toLocaleTimeString("en-GB", zone); };
  tick();
  setInterval(tick, 1000);
}

if (pad) {
  const fields = [...pad.querySelectorAll("input[id]")];
  let field = fields.find((one) => one.value === "") ?? fields[0];
  for (const one of fields) {
    const keyboard = one.inputMode;
    one.addEventListener("focus", () => { field = one; });
    one.addEventListener("pointerdown", () => { one.inputMode = keyboard; });
  }
  field.focus();
  pad.addEventListener("click", ({ target }) => {
    const key = target.dataset.key;
    if (key === undefined) return;
    if (key === "clear") field.value = field.value.slice(0, -1);
    else if (field.value.length < field.maxLength) field.value += key;
    field.inputMode = "none"; // or the tablet's own keyboard would cover these keys
    field.focus();
  });
  pad.addEventListener("submit", (event) => {
    const [code, pin] = fields;
    if (pin.value !== "") return;
    event.preventDefault();
    (code.value === "" ? code : pin).focus();
  });
  document.getElementById("enter").formNoValidate = true;
}

if (stay) {
  const seconds = Number(stay.dataset.leaveAfter ?? LEAVE_AFTER_S);
  setTimeout(() => location.assign(stay.dataset.leave), seconds * 1000);
}
