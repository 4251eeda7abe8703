const en = { title: "Home" };
export default en;
