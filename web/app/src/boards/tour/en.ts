const en = {
  label: "A short tour", step: "Step {{now}} of {{all}}", start: "Start", again: "Show the tour again",
  t1: "A whole market in one program", d1: "Shops, wallets, parcels and payouts run on one ledger. This one is made up and yours to play with.",
  t2: "Fill a cart over several shops", d2: "Search or browse, and put in what you like. One order can hold goods of many shops.",
  t3: "Mix how you pay", d3: "Voucher WELCOME2026, campaign credit, wallet and card together. The cashier shows the exact result before you agree.",
  t4: "Follow the goods and the money", d4: "Each shop's parcel has its timeline. Cancel, return, review; every refund goes back to where it came from.",
  t5: "Look behind the counter", d5: "Sign in as seller, operator or supervisor to see the console: settlements, journal entries, proofs.",
};
export default en;
