const en = {
  users: "Users", usersLead: "Everybody with a login: what they may do, and whether they may act.", name: "Name", email: "E-mail", role: "Role", kind: "Kind", state: "State", since: "Since", organisation: "Organisation",
  freeze: "Freeze", unfreeze: "Unfreeze", askFreeze: "Freeze this user? All their sessions end.", setRole: "Role", add: "Add a user", password: "First password", passwordHint: "At least 10 characters", change: "Change the role",
  sellers: "Merchants", sellersLead: "Organisations that sell, their shops, and contracts waiting for approval.", addSeller: "Take on a merchant", addSellerLead: "Makes the organisation with its legal entity and first login. They open their shop themselves.", person: "Person's name", seller: "Merchant", shops: "Shops", open: "Shops and contracts",
  contract: "Contract", commission: "Commission", reserve: "Reserve", settles: "Settles", days: "{{n}} days", businessDays: "{{n}} business days", approve: "Approve", refuse: "Refuse", noShops: "No shop yet", noShopsText: "When the merchant opens one, its contract waits here for approval.", noReason: "",
  one: "User", phone: "Telephone",
};
export default en;
