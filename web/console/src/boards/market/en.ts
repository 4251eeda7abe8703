const en = {
  title: "Dashboard", hello: "Good day, {{name}}", lead: "The market as it is now. Figures follow what happens.", leadShop: "What waits for you, and what you will be paid.",
  ordersToday: "Orders today", salesToday: "Sales today", refundedToday: "Refunded today", held: "Held for merchants", heldNote: "escrow, settlement, payouts under way",
  customers: "Customers' money", whole: "held and owed are equal", notWhole: "held and owed differ", commission: "Commission earned", captured: "Captured by channels", paidOut: "Paid out", ever: "since the market began",
  breaks: "Open breaks", nothing: "nothing to clear up", engine: "Engine", ready: "Ready", notReady: "Not ready", queue: "{{n}} waiting · p99 commit {{ms}} ms",
  sales: "Sales", orders: "Orders", byDay: "Days", byHour: "Hours", salesLabel: "Orders and sales over time",
  moneyOut: "Money out", refunds: "Refunds", payouts: "Payouts", withdrawals: "Withdrawals", topUps: "Top-ups", moneyTitle: "Money in and out", moneyLabel: "Sales and top-ups against refunds, payouts and withdrawals",
  todo: "To do", openApprovals: "Proposals to decide", openBreaks: "Breaks to resolve", allDone: "Nothing waits for you", allDoneText: "Breaks and proposals will show up here.",
  engineTitle: "Engine, last 3 hours", commits: "Commits a minute", commands: "Commands a minute", p99: "p99 commit, ms", engineLabel: "Commands and commit time by the minute", noMinutes: "The first minutes are being gathered", noMinutesText: "A point a minute, from when the program started.",
  d7: "7 days", d30: "30 days", d90: "90 days", d365: "1 year",
};
export default en;
