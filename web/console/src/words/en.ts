// en.ts - words of the console's frame; those of a board stand in its folder.
const en = { console: { name: "Tael Console" } };
export default en;
