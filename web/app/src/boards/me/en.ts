const en = {
  title: "Me", signInTitle: "Welcome back", registerTitle: "Open an account", email: "E-mail address", password: "Password", name: "Name", newHere: "New here? Open an account", known: "I have an account", register: "Open account", passwordHint: "At least 12 characters",
  demoTitle: "Look around as", demoText: "This is a sandbox with made-up data. Everybody's password is", buyer: "Buyer", seller: "Seller", operator: "Operator", supervisor: "Supervisor", lead: "Shops, wallet and parcels in one place.", point1: "Your money is kept apart, and proved whole every day.", point2: "Shops are paid when your goods have arrived.", point3: "One checkout over many shops: all of it, or nothing.",
  profile: "Profile", phone: "Phone", address: "Address", saved: "Saved.", number: "My number", security: "Sessions and security", settings: "Settings",
  sessions: "Open sessions", thisOne: "This one", since: "Since {{time}}", seen: "last used {{time}}", end: "End", endOthers: "End all others", ended: "The session has ended.", change: "Change password", current: "Current password", fresh: "New password", changed: "Your password is changed; all other sessions have ended.", unknownDevice: "Unknown address",
  goConsole: "Open the console",
};
export default en;
