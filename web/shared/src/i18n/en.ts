// en.ts - words both applications use.
const en = {
  common: {
    retry: "Try again", cancel: "Cancel", close: "Close", save: "Save", back: "Back", more: "Load more", loading: "Loading",
    yes: "Yes", no: "No", signIn: "Sign in", signOut: "Sign out", language: "Language", theme: "Appearance",
    themeAuto: "Auto", themeLight: "Light", themeDark: "Dark", all: "All", none: "None", confirm: "Confirm",
    search: "Search", done: "Done", next: "Next", skip: "Skip", copied: "Copied", copy: "Copy", end: "That's everything",
  },
  state: {
    emptyTitle: "Nothing here yet", emptyText: "What happens will show up here.",
    errorTitle: "That did not work", offlineTitle: "No connection",
    offlineText: "Nothing is lost: what you sent is done once or not at all. Try again when you are back.",
    offlineBar: "You are offline. Figures may be old.",
    forbiddenTitle: "Not for this account", forbiddenText: "Your role does not include this. Sign in with another account.",
    signedOutTitle: "Please sign in", signedOutText: "Sign in to see what is yours.",
    missingTitle: "There is nothing at this address", missingText: "The link may be old or mistyped.",
  },
  problem: {
    unexpected: "Something went wrong", offline: "No connection to the market",
    malformed: "Some of this can't be used", unauthenticated: "Please sign in", forbidden: "Not allowed for this account",
    not_found: "Not found", method_not_allowed: "Not possible here", request_timeout: "The request took too long",
    conflict: "It has changed in the meantime", in_flight: "Still being done", too_large: "Too large", uri_too_long: "Address too long",
    media_type: "This form of data is not taken", rule_refused: "A rule says no", insufficient_funds: "Not enough money",
    insufficient_stock: "Not enough in stock", expired: "Too late for this", idempotency_key_reused: "This was already sent with other content",
    period_closed: "The books of that period are closed", rate_limited: "Too many requests; wait a moment",
    headers_too_large: "Too much was sent", internal: "The market has a fault", not_supported: "Not possible here",
    overloaded: "The market is very busy", store_unavailable: "The store does not answer",
    outcome_unknown: "The outcome is not known yet", channel_unavailable: "The payment channel does not answer", no_memory: "The market is very busy",
  },
};
export default en;
