// Art.tsx - pictures that are drawn rather than loaded: a product without a photograph gets a drawing of its kind in
// its shop's colour, a shop gets a cover in its pattern. The same thing always looks the same.
import type { CSSProperties, ReactNode } from "react";
import { hashOf, shopTheme, type ShopTheme } from "../theme/shop";

// English words, Chinese words, the drawing on 64 x 64. The first that occurs counts, an English one before a Chinese one.
const kinds: [RegExp, RegExp, string][] = (
  [
    ["headphone|earbud", "耳机|耳塞", "M14 36h6v14h-4a4 4 0 0 1-4-4v-8zM50 36h-6v14h4a4 4 0 0 0 4-4v-8zM14 38v-6a18 18 0 0 1 36 0v6"],
    ["speaker", "音箱", "M18 10h28v44H18zM32 22a3 3 0 1 0 .1 0M32 33a8 8 0 1 0 .1 0"],
    ["turntable", "唱机", "M10 16h44v34H10zM28 24a9 9 0 1 0 .1 0M28 31.5a1.5 1.5 0 1 0 .1 0M46 22v14l-6 6"],
    ["cable|charger|plug", "充电器|数据线|音频线", "M24 10v10M40 10v10M20 20h24v10a12 12 0 0 1-24 0zM32 42v6a6 6 0 0 0 6 6h8"],
    ["power bank|battery", "充电宝", "M18 14h28v38H18zM26 8h12v6H26zM34 22l-7 12h10l-6 11"],
    ["keyboard", "键盘", "M8 20h48v24H8zM15 27h2M23 27h2M31 27h2M39 27h2M47 27h2M20 37h24"],
    ["mouse", "鼠标", "M32 10a14 14 0 0 1 14 14v16a14 14 0 0 1-28 0V24a14 14 0 0 1 14-14zM32 10v14"],
    ["book|atlas|history|poem|joinery|guide|cooking", "图集|菜谱|小史|诗|榫卯|指南|图书", "M32 16v38C26 48 18 48 10 50V14c8-2 16-2 22 2zM32 16c6-4 14-4 22-2v36c-8-2-16-2-22 4zM16 22c4-1 7 0 10 1M16 30c4-1 7 0 10 1M38 23c3-1 6-2 10-1M38 31c3-1 6-2 10-1"],
    ["vase", "瓶", "M24 8h16v8c10 8 12 18 8 28-2 6-6 10-8 12H24c-2-2-6-6-8-12-4-10-2-20 8-28zM17 32c10 5 20 5 30 0M18 40c9 4 19 4 28 0"],
    ["plate", "盘", "M32 10a22 22 0 0 1 0 44a22 22 0 0 1 0-44zM32 18a14 14 0 0 1 0 28a14 14 0 0 1 0-28z"],
    ["teapot", "茶壶", "M16 26h28v14a14 14 0 0 1-28 0zM44 30l10-6-4 14-6 4M16 30c-10-2-10 12 0 12M24 26c0-8 12-8 12 0zM30 16a1.500 1.500 0 1 0 .1 0"],
    ["mug|cup", "杯", "M14 16h28v32a6 6 0 0 1-6 6H20a6 6 0 0 1-6-6zM42 24h4a8 8 0 0 1 0 16h-4M14 26h28"],
    ["pot", "花盆", "M14 30h36l-5 26H19zM32 30V18M32 20c0-8 6-12 14-12 0 8-6 12-14 12M32 24c0-6-5-10-12-10 0 7 5 10 12 10"],
    ["hat", "帽", "M6 42c8-6 44-6 52 0-6 8-46 8-52 0zM18 38c0-26 28-26 28 0"],
    ["thermometer", "温", "M26 12a6 6 0 0 1 12 0v24a11 11 0 1 1-12 0zM32 22v22M42 18h6M42 26h6"],
    ["carrier|baby", "背带", "M20 22h24v22a12 12 0 0 1-24 0zM20 22 12 8M44 22 52 8M32 20a8 8 0 1 0-.1 0"],
    ["mat|muslin|cloth", "垫|纱布", "M8 22h40a8 8 0 0 1 8 8v18H16a8 8 0 0 1-8-8zM8 30h40M22 30v18M36 30v18"],
    ["incense|holder|stand", "香插|耳机架", "M10 50c6-2 8-14 14-14s6 8 10 8 4-6 8-6 6 10 12 12zM36 40 46 8M46 8c4-2 2-5 5-6"],
    ["tea set|tea tin|tin|canister", "茶具|罐", "M18 22h28v28a4 4 0 0 1-4 4H22a4 4 0 0 1-4-4zM20 14h24l2 8H18zM28 10h8v4h-8z"],
    ["tea|oolong|jasmine", "茶", "M14 28h30v10a14 14 0 0 1-14 14h-2a14 14 0 0 1-14-14zM44 30h4a6 6 0 0 1 0 12h-5M22 20c0-4 4-4 4-8M32 20c0-4 4-4 4-8"],
    ["wok|pan", "锅", "M8 28h40a20 16 0 0 1-40 0zM48 28l10-6M22 18c0-4 3-4 3-8M32 18c0-4 3-4 3-8"],
    ["steamer", "蒸笼", "M10 24h44v10H10zM10 36h44v12H10zM14 24c0-8 36-8 36 0M32 14v4"],
    ["knife", "刀", "M8 40 44 10c4 10-2 22-12 30zM8 40l6 6 12-6M14 46l-6 8"],
    ["board", "砧板", "M16 12h32v36a6 6 0 0 1-6 6H22a6 6 0 0 1-6-6zM32 18a2 2 0 1 0 .1 0M24 32h16M24 40h16"],
    ["bowl", "碗", "M8 28h48a24 20 0 0 1-16 20v4H24v-4A24 20 0 0 1 8 28zM20 28c2-6 22-6 24 0"],
    ["chopstick|brush", "笔|筷", "M44 8 20 48l-6 8M52 12 26 50l-6 6"],
    ["train|brick|toy", "火车|积木", "M10 30h30v16H10zM40 22h10v24H40zM14 22h8v8h-8zM18 52a4 4 0 1 0 .1 0M34 52a4 4 0 1 0 .1 0M46 52a4 4 0 1 0 .1 0"],
    ["panda|plush", "熊", "M32 16a18 17 0 1 0 .1 0M16 12a6 6 0 0 0 2 10M48 12a6 6 0 0 1-2 10M24 30a3 4 0 1 0 .1 0M40 30a3 4 0 1 0 .1 0M29 40h6l-3 3z"],
    ["puzzle", "拼图", "M12 24h12a5 5 0 1 1 8 0h12v12a5 5 0 1 1 0 8v10H12z"],
    ["kite", "风筝", "M32 6 50 26 32 44 14 26zM32 6v38M14 26h36M32 44c-6 6 6 8 0 14"],
    ["crayon|pen|pencil", "蜡笔|钢笔", "M44 8l12 12-30 30-16 4 4-16zM38 14l12 12"],
    ["quilt|sheet|blanket|towel|pillow|linen|silk|runner|pillowcase|cushion", "蚕丝被|棉被|床|枕|毯|巾|桌旗", "M10 20h36a8 8 0 0 1 8 8v18H18a8 8 0 0 1-8-8zM10 20a8 8 0 0 0 8 8h36M18 28v18M26 36h20"],
    ["tent", "帐篷", "M32 12 6 50h52zM32 26 22 50h20zM32 12l4-4"],
    ["bag|rucksack", "背包|睡袋", "M18 26a14 14 0 0 1 28 0v28H18zM26 14v-4h12v4M24 36h16v10H24z"],
    ["lamp|light", "灯", "M20 12h24l6 20H14zM32 32v18M22 52h20"],
    ["bottle", "壶", "M26 8h12v8l4 8v28a4 4 0 0 1-4 4H26a4 4 0 0 1-4-4V24l4-8zM22 34h20"],
    ["pole", "杖", "M22 8v48M42 8v48M18 14h8M38 14h8M18 50h8M38 50h8"],
    ["apple|kiwi|fruit", "苹果|桃", "M32 20c-8-8-22-2-20 14 2 12 12 22 20 17 8 5 18-5 20-17 2-16-12-22-20-14zM32 20c0-6 3-10 8-12"],
    ["honey|jar|walnut|mushroom|millet", "蜜|菇|核桃|小米|大米", "M18 20h28v30a4 4 0 0 1-4 4H22a4 4 0 0 1-4-4zM20 12h24v8H20zM24 32h16v12H24z"],
    ["notebook|paper", "笔记本|宣纸|纸张", "M16 10h32v44H16zM22 10v44M30 22h12M30 30h12M30 38h8"],
    ["ink", "墨", "M22 22h20l6 10v18a4 4 0 0 1-4 4H20a4 4 0 0 1-4-4V32zM26 12h12v10H26z"],
    ["monitor|arm|hub", "支架|集线", "M8 14h48v30H8zM32 44v10M22 54h20"],
  ] as const
).map(([en, zh, path]) => [new RegExp(`\\b(?:${en})(?:s|es)?\\b`, "i"), new RegExp(zh), path]);
const parcel = "M10 22 32 10l22 12v22L32 56 10 44zM10 22l22 12 22-12M32 34v22M21 16l22 12";

// A drawing taken apart: what is closed is a body and is filled, the rest is drawn over it in line.
type Drawing = { bodies: string[]; lines: string };
const taken = new Map<string, Drawing>();

function takeApart(path: string): Drawing {
  let found = taken.get(path);
  if (!found) {
    const parts = path.match(/M[^M]+/g) ?? [];
    const is_body = (p: string) => /z\s*$|1 0 -?\.1 0\s*$/i.test(p);
    const bodies = parts.filter(is_body), lines = parts.filter((p) => !is_body(p));
    taken.set(path, (found = { bodies, lines: lines.join("") }));
  }
  return found;
}

function drawingOf(title: string): Drawing {
  const found = kinds.find(([en]) => en.test(title)) ?? kinds.find(([, zh]) => zh.test(title));
  return takeApart(found?.[2] ?? parcel);
}

// What stands behind a product: an arch, a sun, a window or a hill. One a product, always the same.
const scenes: ReactNode[] = [
  <path key="arch" className="t-art-shade" d="M26 120V62a34 34 0 0 1 68 0v58z" />,
  <circle key="sun" className="t-art-shade" cx="60" cy="56" r="41" />,
  <rect key="window" className="t-art-shade" x="22" y="18" width="76" height="76" rx="16" />,
  <path key="hill" className="t-art-shade" d="M0 84c18-26 36-30 56-18s40 8 64-22v76H0z" />,
];

export function ProductArt(props: { title: string; id: string; theme?: unknown; shop?: string; media?: unknown }) {
  const { title, id } = props;
  const photo = Array.isArray(props.media) ? props.media.find((m): m is string => typeof m === "string" && /^(data:image\/|\/)/.test(m)) : undefined;
  if (photo) return <img className="t-art" src={photo} alt="" loading="lazy" />;
  const { colour } = shopTheme(props.theme, props.shop);
  const { bodies, lines } = drawingOf(title), dice = hashOf(`${id}h`);
  return (
    <svg className="t-art" viewBox="0 0 120 120" aria-hidden="true" style={{ color: colour, filter: `hue-rotate(${((dice % 7) - 3) * 9}deg)` } as CSSProperties} preserveAspectRatio="xMidYMid slice">
      <rect width="120" height="120" className="t-art-ground" />
      <g transform={dice & 8 ? "matrix(-1 0 0 1 120 0)" : undefined}>{scenes[dice % scenes.length]}</g>
      <ellipse cx="60" cy="92" rx="36" ry="5" className="t-art-floor" />
      <g transform="translate(21 19.500) scale(1.22)">
        {bodies.map((d, i) => (
          <path key={d} d={d} className={i === 0 ? "t-art-body" : "t-art-body more"} />
        ))}
        {lines && <path d={lines} className="t-art-line" />}
      </g>
    </svg>
  );
}

const waves = Array.from({ length: 5 }, (_, i) => `M-20 ${30 + i * 22}q30 -18 60 0t60 0 60 0 60 0 60 0 60 0 60 0`).join("");
const shapes: Record<ShopTheme["pattern"], ReactNode> = {
  waves: <path d={waves} />,
  lines: <path d={Array.from({ length: 16 }, (_, i) => `M${i * 32 - 90} 130 ${i * 32 + 30} -10`).join("")} />,
  rings: [28, 52, 76, 100, 124].map((r) => <circle key={r} cx="330" cy="20" r={r} />),
  dots: Array.from({ length: 60 }, (_, i) => <circle key={i} cx={(i % 15) * 28 + (Math.floor(i / 15) % 2) * 14} cy={Math.floor(i / 15) * 32 + 14} r="2.2" className="full" />),
  plain: null,
};

export function ShopCover(props: { name: string; banner?: string; theme?: unknown; tall?: boolean; children?: ReactNode }) {
  const t = shopTheme(props.theme, props.name);
  return (
    <div className={props.tall ? "t-cover tall" : "t-cover"} style={{ backgroundColor: t.colour }}>
      <svg viewBox="0 0 400 120" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
        {shapes[t.pattern]}
      </svg>
      <div className="t-cover-words">
        <strong dir="auto">{props.name}</strong>
        {props.banner && <span dir="auto">{props.banner}</span>}
        {props.children}
      </div>
    </div>
  );
}
