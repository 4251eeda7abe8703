const en = {
  title: "Wallet", balance: "Balance", held: "{{amount}} of it is held", topUp: "Top up", send: "Send", withdraw: "Withdraw", statement: "Statement", chart: "Balance over the last {{count}} movements",
  emptyTitle: "Nothing has moved yet", emptyText: "Top up, and pay with one tap.", amount: "Amount", topUpText: "The money comes by an outside channel and is in your wallet as soon as the channel says yes.", withdrawText: "The money goes to your bank account; it is held until the bank has taken it.",
  sendText: "It arrives at once and can't be called back.", to: "Recipient's number", toHint: "Begins with usr_; the recipient finds it under Me.", mine: "My number", doneTopUp: "The money is in your wallet.", pending: "Under way; your statement will show it.", failed: "The channel said no; nothing was taken.", sent: "Sent.",
  receives: "After this you have {{amount}}", tooMuch: "That is more than you have.", course: "Balance", sums: "The last {{count}} movements", in: "In", out: "Out", csv: "Save as CSV", csvRows: "{{count}} rows", day: "Day", at: "Booked at", what: "What",
  unheard: "We did not hear back. It was done once or not at all; asking again tells, and does nothing twice.", ask: "Ask again", account: "Bank account", today: "Today",
};
export default en;
