const en = {
  title: "Ecosystem", lead: "Every flow of money between buyers, merchants, channels, campaigns, fees and reserves, drawn from the ledger. Choose a flow to open its postings.",
  period: "Period", d1: "Today", d7: "7 days", d30: "30 days", d365: "12 months", all: "Since the start", detail: "Level", simple: "Who", full: "Accounts",
  diagram: "Flow of money between parties", total: "Moved", postings: "Postings", flows: "Flows", from: "From", to: "To", amount: "Amount", share: "Share", open: "Open postings", incomplete: "The newest postings are still being added.",
  none: "No money moved in this period", noneText: "Choose a longer period, or come back when orders were paid.", postingsOf: "Postings behind this flow", more: "Search on", looking: "Looking through the journal",
  on: "Business date", why: "Why", debit: "Debit account", credit: "Credit account", command: "Command", table: "The same as a table", back: "{{name}} (back)",
  parties: { outside: "Payers outside", buyers: "Buyers' wallets", channels: "Payment channels", campaigns: "Campaigns", escrow: "Orders in escrow", sellers: "Merchants", reserve: "Merchants' reserves", fees: "Market's fees", bank: "Bank", suspense: "Suspense", own: "Market's own money", other: "Other", payouts: "Payouts", refunds: "Refunds under way" },
};
export default en;
