// Card fields by Stripe.js, on the page of an order. The card goes to Stripe alone; what comes back
// is the name of a payment method, which the form sends like any other field.
"use strict";

const cards = {
  stripe: null,
  card: null,

  // Shows the fields where the page has a place for them, also after the live part was swapped.
  mount() {
    const place = document.getElementById("card");
    const form = document.querySelector("form[data-stripe]");
    if (!form) return;
    if (!window.Stripe) return cards.say(form, "The card fields could not be loaded. Please load the page again.");
    cards.stripe ??= Stripe(form.dataset.stripe);
    if (place && !place.hasChildNodes()) {
      cards.card?.destroy();
      const look = getComputedStyle(document.body);
      cards.card = cards.stripe.elements().create("card", { style: { base: { color: look.color, fontSize: "16px" } } });
      cards.card.mount(place);
    }
    if (form.dataset.stripeReady) return;
    form.dataset.stripeReady = "yes";
    // Before any other listener: the form is not on its way until the provider has answered.
    form.addEventListener("submit", (event) => cards.submit(event, form), { capture: true });
  },

  async submit(event, form) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.dataset.busy) return;
    cards.busy(form, true);
    try {
      await (form.dataset.payment ? cards.confirm(form) : cards.name(form));
      // Sends the form without this listener.
      form.submit();
    } catch (error) {
      cards.busy(form, false);
      cards.say(form, error?.message || "That did not work. Please try again.");
    }
  },

  // Has Stripe name the card.
  async name(form) {
    const made = await cards.stripe.createPaymentMethod({ type: "card", card: cards.card });
    if (made?.error) throw made.error;
    let id = made?.paymentMethod?.id;
    if (!id) {
      // What stands in for Stripe may know the older call alone.
      const { token, error } = await cards.stripe.createToken(cards.card);
      if (error) throw error;
      id = token.card.id;
    }
    form.elements.namedItem("token").value = id;
  },

  // Has the buyer do what their bank asks for. The secret is asked for here, so that it works after
  // a reload, too. What came of it the server learns from Stripe, not from this page.
  async confirm(form) {
    const response = await fetch(`/api/payments/${form.dataset.payment}/confirm`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      credentials: "same-origin",
      body: "{}",
    });
    const payment = response.ok ? await response.json() : {};
    if (payment.clientSecret) await cards.stripe.confirmCardPayment(payment.clientSecret);
  },

  busy(form, busy) {
    if (busy) form.dataset.busy = "yes";
    else delete form.dataset.busy;
    const button = form.querySelector("button");
    if (busy) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
    if (busy) cards.say(form, "");
  },

  say(form, message) {
    const place = form.querySelector("[data-card-error]");
    place.textContent = message;
    place.hidden = !message;
  },
};

// A page that comes back from the browser's memory may press again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-busy]")) cards.busy(form, false);
});

cards.mount();
document.addEventListener("live", cards.mount);
