// Asks for the deadlines of a new case anew: each minute while somebody looks, and when they come back to the page.
// What they are just reading ("Why this time?") stays.
function ask() {
  const offer = document.getElementById("case-offer");
  if (document.visibilityState === "visible" && !offer.querySelector(":popover-open")) offer.dispatchEvent(new Event("refresh"));
}

setInterval(ask, 60_000);
document.addEventListener("visibilitychange", ask);
