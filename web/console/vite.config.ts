import { base } from "../vite.base.ts";

export default base(import.meta.dirname, "/console/");
