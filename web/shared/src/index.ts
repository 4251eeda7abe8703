// index.ts - what the applications use of web/shared.
export { api, newKey, addressOf, setCsrfToken } from "./api/client";
export { Problem, describe, fieldError, isForbidden, isMissing, isOffline, isSignedOut, sentence } from "./api/problem";
export type { AnswerOf, BodyOf, ItemOf, ListPath, Op, Schema } from "./api/types";
export { boardWords, gatherBoards, type Board, type BoardCard, type BoardEntry, type BoardPage } from "./boards";
export { count, money, parseMoney, plainMoney, scaleOf, type Minor } from "./format/money";
export { ago, clockTime, dateTime, day } from "./format/time";
export { useAction } from "./hooks/action";
export { useEvents, type LiveEvent } from "./hooks/events";
export { useList } from "./hooks/list";
export { useOnline } from "./hooks/online";
export { useSession, type Me } from "./hooks/session";
export { setLang, useWords, type Lang, type Same, type Words } from "./i18n/i18n";
export { nonce, setTheme, useTheme, type ThemeChoice } from "./theme/theme";
export { Chart, token, type ChartOption } from "./ui/Chart";
export { Chip } from "./ui/Chip";
export { Empty, Failure, Loading, NoPermission, OfflineBar, StateView } from "./ui/States";
