// en.ts - words of the console's frame; those of a board stand in its folder.
const en = {
  console: {
    name: "Tael Console", menu: "Main menu", skip: "Skip to content", live: "Live", notLive: "Reconnecting", businessDate: "Business date",
    openMenu: "Open menu", account: "Account", toApp: "Open the market", buyerTitle: "This is the console",
    buyerText: "You are signed in as a buyer. Shops, orders and your wallet are in the market's own app.",
    tour: "Show the tour",
    group: { work: "Work", sell: "My shop", money: "Money", people: "People", trust: "Trust", system: "System" },
    palette: "Go to page",
  },
  form: { need: "Please fill this in" },
  table: {
    filters: "Filters", clear: "Clear", views: "Views", saveView: "Save this view", viewName: "Name of the view", noViews: "No saved views yet",
    drop: "Delete view", csv: "Export CSV", csvTitle: "Exporting everything that matches", csvRows: "{{n}} rows", csvStop: "Stop", csvDone: "{{n}} rows exported",
    none: "Nothing matches", noneText: "Change or clear the filters.", from: "From", to: "To", any: "Any", refresh: "Refresh", shown: "{{n}} shown", open: "Open", copyId: "Copy id",
    days: "Period", last7: "7 days", last30: "30 days", last90: "90 days", last365: "12 months",
  },
  signin: {
    title: "Sign in to the console", lead: "For merchants, operators and supervisors.", email: "E-mail address", password: "Password", submit: "Sign in",
    demo: "Demo market", demoText: "Nothing here is real. Choose who you want to be:",
    claim: "Every order, every cent, one ledger.", point1: "Follow any payment from the cart to the bank on one screen", point2: "Nothing moves without two sides that balance", point3: "Money actions need two persons",
  },
  tour: {
    title: "A short tour", step: "{{n}} of {{of}}", start: "Start", later: "Not now",
    t1: "The market at a glance", p1: "Live figures, to the minute. They come from the ledger, not from a copy.",
    t2: "Any payment's whole story", p2: "Open an order to see each step, what the channel said, and the journal entries it made.",
    t3: "Where the money flows", p3: "The ecosystem view draws every flow from the ledger. Click one to open the postings behind it.",
    t4: "Two persons for money", p4: "Propose as one operator, approve as another. Nobody approves their own proposal.",
    t5: "Prove it yourself", p5: "Run the proofs on the spot: balances, customers' money, goods and the hash chain.",
  },
  st: {
    placed: "Placed", paid: "Paid", completed: "Completed", cancelled: "Cancelled", shipped: "Shipped", delivered: "Delivered", returned: "Returned",
    created: "Created", pending: "Pending", failed: "Failed", partly_refunded: "Partly refunded", refunded: "Refunded", open: "Open", resolved: "Resolved",
    approved: "Approved", rejected: "Rejected", expired: "Expired", active: "Active", frozen: "Frozen", erased: "Erased", waiting: "Waiting", closed: "Closed",
    proposed: "Proposed", in_force: "In force", refused: "Refused", sent: "Sent", done: "Done", disabled: "Disabled", gone: "Gone", running: "Running",
    proved: "Proved", disproved: "Disproved", journalled: "Journalled", unknown: "Unknown", declined: "Declined", given_up: "Given up", reversed: "Reversed",
    succeeded: "Succeeded", asked: "Asked", accepted: "Accepted", labelled: "Label made", handed_over: "Handed over", in_transit: "In transit",
    out_for_delivery: "Out for delivery", lost: "Lost", won: "Won", ran_out: "Time ran out", settled: "Settled", complete: "Complete",
    on: "On", off: "Off", revoked: "Revoked", equal: "Equal", unequal: "Differs", used: "Used", free: "Free", posted: "Posted", voided: "Released", held: "Held", retry: "Trying again",
    posted_hold: "Posted", none: "None", buyer: "Buyer", seller: "Merchant", seller_clerk: "Merchant's clerk", operator: "Operator", operator_clerk: "Operator's clerk", supervisor: "Supervisor",
    institution: "Institution", system: "System", platform: "Platform", balance: "Balance", channel: "Channel", voucher: "Voucher", campaign: "Campaign credit", suspense: "Suspense",
    share: "Share", reserve: "Reserve", authorise: "Authorise", sale: "Sale", capture: "Capture", void: "Void", refund: "Refund", payout: "Payout",
    authorised: "Authorised", captured: "Captured", expiry: "Expired", transfer: "Posted", post: "Posted", all: "All", card: "Card", boleto: "Boleto", debit: "Debit card", bank: "Bank", wallet: "Wallet",
  },
};
export default en;
