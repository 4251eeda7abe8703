// en.ts - words of the application's frame; those of a board stand in its folder.
const en = { app: { name: "Tael" } };
export default en;
