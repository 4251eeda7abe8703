// Icon.tsx - the application's line icons, on 24 x 24.
const paths = {
  home: "M4 11 12 4l8 7v8a1 1 0 0 1-1 1h-5v-6h-4v6H5a1 1 0 0 1-1-1z",
  search: "M10.5 4a6.5 6.5 0 1 0 .01 0M15.5 15.5 20 20",
  cart: "M4 5h2.500l2 10h9l2-7H7M10 19.500a.8.8 0 1 0 .01 0M16.5 19.500a.8.8 0 1 0 .01 0",
  orders: "M6 4h12v16l-3-2-3 2-3-2-3 2zM9 9h6M9 13h6",
  wallet: "M4 7h14a2 2 0 0 1 2 2v9a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1zM4 7a2 2 0 0 1 2-2h10v2M16 13.500h.01",
  me: "M12 4a4 4 0 1 0 .01 0M4.5 20c1-4 4-6 7.5-6s6.5 2 7.5 6",
  bell: "M6 17V11a6 6 0 0 1 12 0v6l1.5 1.500h-15zM10.5 21h3",
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  close: "M6 6l12 12M18 6 6 18",
  bin: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.500h8.400L17 7M10.5 10.500v6M13.5 10.500v6",
  check: "M5 12.500l4.5 4.500L19 7.5",
  clock: "M12 4a8 8 0 1 0 .01 0M12 8v4.500l3 2",
  alert: "M12 4 21 19.500H3zM12 10v4M12 16.800v.1",
  truck: "M3 7h11v9H3zM14 10h4l3 3v3h-7zM7 18.500a1 1 0 1 0 .01 0M17.5 18.500a1 1 0 1 0 .01 0",
  box: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
  send: "M20 4 11 13M20 4l-6 16-3-7-7-3z",
  up: "M12 19V6M6 11l6-6 6 6",
  down: "M12 5v13M6 13l6 6 6-6",
  card: "M3 7a1 1 0 0 1 1-1h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1zM3 10h18M6.5 14.500h4",
  gift: "M4 10h16v10H4zM3 7h18v3H3zM12 7v13M12 7c-6 0-5-5-2-4 1 .4 2 2 2 4zM12 7c6 0 5-5 2-4-1 .4-2 2-2 4z",
  star: "M12 4l2.4 5 5.6.7-4.1 3.8 1.1 5.5-5-2.8-5 2.8 1.1-5.500L4 9.7 9.6 9z",
  globe: "M12 3.500a8.5 8.5 0 1 0 .01 0M3.5 12h17M12 3.500c5 5 5 12 0 17-5-5-5-12 0-17",
  sun: "M12 8a4 4 0 1 0 .01 0M12 3v1.500M12 19.500V21M3 12h1.500M19.5 12H21M5.6 5.600l1 1M17.4 17.400l1 1M18.4 5.600l-1 1M6.6 17.400l-1 1",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  shop: "M4 9l1.5-5h13L20 9M4 9a2.7 2.7 0 0 0 5.3 0 2.7 2.7 0 0 0 5.4 0A2.7 2.7 0 0 0 20 9M5.5 12v8h13v-8M10 20v-5h4v5",
  filter: "M4 6h16M7 12h10M10 18h4",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  spark: "M12 4v5M12 15v5M4 12h5M15 12h5M7 7l2.5 2.500M14.5 14.5 17 17M17 7l-2.5 2.500M9.5 14.5 7 17",
} as const;
export type IconName = keyof typeof paths;

export function Icon(props: { name: IconName; size?: number; filled?: boolean }) {
  const size = props.size ?? 22;
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill={props.filled ? "currentColor" : "none"} stroke="currentColor" strokeWidth="1.7" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={paths[props.name]} />
    </svg>
  );
}

export function Mark(props: { size?: number }) {
  const size = props.size ?? 30;
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#0b6e5f" />
      <path d="M5.5 14.500c1.2 6.2 5 9 10.5 9s9.3-2.8 10.5-9c-2.6 2-6 2.9-10.5 2.900s-7.9-.9-10.5-2.900Z" fill="#f1d9a0" />
      <ellipse cx="16" cy="11.8" rx="5.6" ry="4" fill="#fff" />
    </svg>
  );
}
